//! Keeps equal texts of many objects in one place.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use crate::api::{Bytes, Duration};
use crate::istr::Istr;
use crate::reads::Fast;

/// How many texts are remembered.
const SLOTS: usize = 4096;

/// Texts that were met not long ago, so that equal ones can share their memory.
///
/// It remembers a fixed number and forgets the older of two that want one place. So names that are everywhere
/// (clusters, namespaces, names of labels and ports) are kept once, and nothing grows. A copy begins empty.
#[derive(Default)]
pub struct Recent {
    slots: Vec<Option<Istr>>,
}

impl Clone for Recent {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").finish_non_exhaustive()
    }
}

/// Something that holds texts.
pub(crate) trait Share {
    /// Replaces texts by equal ones that were met before.
    fn share(&mut self, recent: &mut Recent);
}

impl Share for Istr {
    fn share(&mut self, recent: &mut Recent) {
        if recent.slots.is_empty() {
            recent.slots.resize(SLOTS, None);
        }
        let mut hasher = Fast::default();
        hasher.write(self.as_bytes());
        let place = usize::try_from(hasher.finish()).unwrap_or_default() % SLOTS;
        match recent.slots.get_mut(place) {
            Some(Some(known)) if *known == *self => *self = Arc::clone(known),
            Some(slot) => *slot = Some(Arc::clone(self)),
            None => (),
        }
    }
}

impl<T: Share> Share for Option<T> {
    fn share(&mut self, recent: &mut Recent) {
        if let Some(value) = self {
            value.share(recent);
        }
    }
}

impl<T: Share> Share for Vec<T> {
    fn share(&mut self, recent: &mut Recent) {
        for value in self {
            value.share(recent);
        }
    }
}

impl<V: Share> Share for BTreeMap<Istr, V> {
    fn share(&mut self, recent: &mut Recent) {
        let all = std::mem::take(self).into_iter();
        *self = all
            .map(|(mut name, mut value)| {
                name.share(recent);
                value.share(recent);
                (name, value)
            })
            .collect();
    }
}

/// What is shared already.
impl<T> Share for Arc<T> {
    fn share(&mut self, _: &mut Recent) {}
}

/// Types that hold no text.
macro_rules! nothing_to_share {
    ($($type:ty),+) => { $(
        impl $crate::istr::Share for $type {
            fn share(&mut self, _: &mut $crate::istr::Recent) {}
        }
    )+ };
}

pub(crate) use nothing_to_share;

nothing_to_share!(bool, u32, i32, i64, f64, Bytes, Duration);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Istr, Recent, Share};

    #[test]
    fn equal_texts_share_their_memory() {
        let mut recent = Recent::default();
        let (mut one, mut other): (Vec<Istr>, Istr) = (vec!["app".into(), "web".into()], "app".into());
        one.share(&mut recent);
        other.share(&mut recent);
        assert!(one.first().is_some_and(|first| Arc::ptr_eq(first, &other)));
    }
}
