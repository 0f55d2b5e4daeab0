//! On what the numbers were made: enough to judge them, nothing that names the machine.

use std::fmt;

use serde::Serialize;

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Model of the processor, empty if it is not known.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory in MiB, 0 if it is not known.
    pub memory: u64,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or_default().to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: field(&read("/proc/meminfo"), "MemTotal").and_then(kib).unwrap_or_default() / 1024,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = if self.processor.is_empty() { "unknown processor" } else { &self.processor };
        write!(f, "{processor}, {} cores (one used), {} MiB of memory", self.cores, self.memory)
    }
}

/// The value of the first line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// A value such as `16 kB`.
fn kib(value: &str) -> Option<u64> {
    value.strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{field, kib};

    #[test]
    fn fields_are_found_by_name() {
        let text = "processor\t: 0\nmodel name\t: Fast: 3 GHz\nmodel name\t: Other\n";
        assert_eq!(field(text, "model name"), Some("Fast: 3 GHz"));
        assert_eq!(field(text, "model"), None);
        assert_eq!(kib("16 kB"), Some(16));
    }
}
