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
    /// What other clusters need of a destination and could not be written.
    pub unexposed: Vec<Rejection>,
}

impl Written {
    /// Takes what a backend wrote.
    pub fn new(sink: Sink<'_>, mut exposure: Vec<Warning>) -> Self {
        let Sink { objects, warnings, failures, blocked, remarks, .. } = sink;
        exposure.extend(remarks);
        let said = Said { warnings, failures, blocked, exposure, unexposed: Vec::new() };
        Self { objects, said: (said != Said::default()).then(|| Box::new(said)) }
    }

    /// What is written so that other clusters reach a destination: without it they do not.
    pub fn for_others(sink: Sink<'_>, exposure: Vec<Warning>) -> Self {
        let mut written = Self::new(sink, exposure);
        if let Some(said) = &mut written.said {
            said.unexposed = std::mem::take(&mut said.blocked);
        }
        written
    }

    /// Adds what was written apart.
    pub fn and(mut self, other: Self) -> Self {
        self.objects.extend(other.objects);
        if let Some(other) = other.said {
            let said = self.said.get_or_insert_default();
            said.warnings.extend(other.warnings);
            said.failures.extend(other.failures);
            said.blocked.extend(other.blocked);
            said.exposure.extend(other.exposure);
            said.unexposed.extend(other.unexposed);
        }
        self
    }

    /// What there is to say.
    pub fn said(&self) -> &Said {
        static NOTHING: Said = Said {
            warnings: Vec::new(),
            failures: Vec::new(),
            blocked: Vec::new(),
            exposure: Vec::new(),
            unexposed: Vec::new(),
        };
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
