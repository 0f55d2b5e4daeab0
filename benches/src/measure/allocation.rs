//! What some work asks of the allocator.

use std::hint::black_box;

use alloc_tracker::Session;

/// What some work asked of the allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocated {
    /// The most that it held at one moment.
    pub peak: u64,
    /// What was held more at the end than at the beginning; 0 if it was less.
    pub held: u64,
    /// Allocations and reallocations.
    pub allocations: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Runs `work` and counts.
///
/// The tracker tells the peak, not what is still held at the end. So a second, wider span ends with one block as
/// large as the first peak: the peak of that span is the block and what is held beside it.
pub(crate) fn tracked<T>(work: impl FnOnce() -> T) -> (T, Allocated) {
    let session = Session::new().no_stdout().no_file();
    let (wide, narrow) = (session.operation("wide"), session.operation("narrow"));
    let outer = wide.measure_thread();
    let inner = narrow.measure_thread();
    let value = work();
    drop(inner.iterations(1));
    let figures = |name: &str| {
        let report = session.to_report();
        let mut operations = report.operations().filter(|(found, _)| *found == name);
        let operation = operations.next().map(|(_, operation)| operation);
        let peak = operation.and_then(alloc_tracker::ReportOperation::peak_outstanding_bytes);
        operation.map_or((0, 0, 0), |it| {
            (whole(peak.unwrap_or_default()), it.total_allocations_count(), it.total_bytes_allocated())
        })
    };
    let (peak, allocations, bytes) = figures("narrow");
    let block: Vec<u8> = Vec::with_capacity(usize::try_from(peak).unwrap_or_default());
    drop(black_box(block));
    drop(outer.iterations(1));
    let held = figures("wide").0.saturating_sub(peak);
    (value, Allocated { peak, held, allocations, bytes })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, never negative")]
fn whole(bytes: f64) -> u64 {
    bytes.round() as u64
}
