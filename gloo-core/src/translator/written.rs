//! What one unit wrote.

use std::sync::Arc;

use crate::backend::Sink;
use crate::id::InputRef;
use crate::object::Object;
use crate::rejection::{Rejection, Warning};

/// What one unit wrote, and what there is to say about it.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The objects.
    pub objects: Vec<Arc<Object>>,
    /// Nothing in most cases, so it takes no room there.
    said: Option<Box<Said>>,
}

/// What there is to say about what one unit wrote.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    /// Remarks on policies.
    pub warnings: Vec<(InputRef, Warning)>,
    /// What could not be written, and who asked for it.
    pub failures: Vec<(InputRef, Rejection)>,
    /// What could not be written.
    pub blocked: Vec<Rejection>,
    /// Remarks on how other clusters see a destination, or on what the unit is about.
    pub exposure: Vec<Warning>,
}

impl Written {
    /// Takes what a backend wrote.
    pub fn new(sink: Sink<'_>, mut exposure: Vec<Warning>) -> Self {
        let Sink { objects, warnings, failures, blocked, remarks, .. } = sink;
        exposure.extend(remarks);
        let said = Said { warnings, failures, blocked, exposure };
        Self { objects, said: (said != Said::default()).then(|| Box::new(said)) }
    }

    /// What there is to say.
    pub fn said(&self) -> &Said {
        static NOTHING: Said =
            Said { warnings: Vec::new(), failures: Vec::new(), blocked: Vec::new(), exposure: Vec::new() };
        self.said.as_deref().unwrap_or(&NOTHING)
    }

    /// Whether nothing was written and nothing is to be said.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.said.is_none()
    }

    /// Takes over objects of an earlier run that are the same.
    pub fn keep_objects_of(&mut self, before: &Self) {
        for object in &mut self.objects {
            if let Some(same) = before.objects.iter().find(|earlier| *earlier == object) {
                *object = Arc::clone(same);
            }
        }
    }
}
