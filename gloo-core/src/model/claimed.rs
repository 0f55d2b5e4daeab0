//! A value that only one policy may set.

use crate::id::InputRef;

/// A setting together with the policies that asked for it.
///
/// The first policy to claim a field decides it; later ones may only agree. A policy that wants another
/// value is refused as a whole, so a claim is never overwritten.
#[derive(Clone, Debug)]
pub struct Claimed<'a, T: ?Sized> {
    /// What was asked for.
    pub value: &'a T,
    /// The field that asks for it, as users write it.
    pub field: &'static str,
    /// Who asked first.
    pub by: &'a InputRef,
    /// Who asked for the same afterwards, in acceptance order.
    pub agreeing: Vec<&'a InputRef>,
}

impl<'a, T: ?Sized> Claimed<'a, T> {
    /// Every policy that asks for this value, the deciding one first.
    pub fn policies(&self) -> impl Iterator<Item = &'a InputRef> + '_ {
        std::iter::once(self.by).chain(self.agreeing.iter().copied())
    }
}

/// Stores `value`, or adds `by` to those who asked for it already.
///
/// The caller has checked that a value held before is equal.
pub(crate) fn claim<'a, T: ?Sized>(
    held: &mut Option<Claimed<'a, T>>,
    field: &'static str,
    value: &'a T,
    by: &'a InputRef,
) {
    match held {
        None => *held = Some(Claimed { value, field, by, agreeing: Vec::new() }),
        Some(held) if held.by == by || held.agreeing.last() == Some(&by) => (),
        Some(held) => held.agreeing.push(by),
    }
}
