//! How much memory and work some input may cost.

use alloc_tracker::{Allocator, ReportOperation, Session};

#[global_allocator]
static ALLOCATOR: Allocator<std::alloc::System> = Allocator::system();

/// What is needed for nothing at all: arguments of the tool, buffers of a decompressor, a first page of everything.
const BASE: Bound = Bound { memory: 4 << 20, steps: 20_000 };
/// A byte of input. The dearest text is `{a: {a: …`: a map for each few bytes; ordinary worlds need 20 bytes and
/// one step. An entry point reads its input three times, one after the other.
const BYTE: Bound = Bound { memory: 600, steps: 30 };
/// What aliases may add, however small the input: twice the nodes and the text that the loader allows, since one
/// document is read before it is known to be too much.
const ALIASES: Bound = Bound { memory: 96 << 20, steps: 4_000_000 };
/// A random edit, with the world that it is taken from and two translations.
const EDIT: Bound = Bound { memory: 1 << 20, steps: 100_000 };

/// Limits of one run.
///
/// Memory is the most that is held at one moment. Steps are allocations: unlike time they are the same on every
/// machine, and whoever goes through a list for each member of another one soon makes too many.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    memory: u64,
    steps: u64,
}

impl Bound {
    /// For a world that is written like this.
    pub fn of_text(text: &[u8]) -> Self {
        let bound = BASE.and(text.len(), BYTE);
        if text.contains(&b'&') && text.contains(&b'*') { bound.and(1, ALIASES) } else { bound }
    }

    /// For choices of edits.
    pub fn of_edits(choices: &[u8]) -> Self {
        BASE.and(choices.len().div_ceil(4), EDIT)
    }

    fn and(self, times: usize, other: Self) -> Self {
        let times = times as u64;
        Self { memory: self.memory + times * other.memory, steps: self.steps + times * other.steps }
    }

    /// Runs `work` on this thread and holds it to the limits.
    pub fn check(self, work: impl FnOnce()) {
        let session = Session::new().no_stdout().no_file();
        let operation = session.operation("work");
        let span = operation.measure_thread();
        work();
        drop(span.iterations(1));
        let report = session.to_report();
        let (_, found) = report.operations().next().expect("one operation");
        let memory = found.peak_outstanding_bytes().expect("a peak is measured");
        let steps = ReportOperation::total_allocations_count(found);
        #[expect(clippy::cast_precision_loss, reason = "limits are round numbers")]
        let allowed = self.memory as f64;
        assert!(memory <= allowed, "{memory} bytes, more than {self:?}");
        assert!(steps <= self.steps, "{steps} steps, more than {self:?}");
    }
}
