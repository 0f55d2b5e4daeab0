//! How much of what a file may contain.

use serde_json::Value;

/// Largest file, in MiB.
pub const MAX_FILE_MIB: u64 = 64;
/// Largest file, in bytes.
pub const MAX_FILE: u64 = MAX_FILE_MIB << 20;
/// Largest archive once unpacked, in bytes.
pub const MAX_ARCHIVE: u64 = 16 * MAX_FILE;
/// Deepest nesting of lists and objects.
pub const MAX_DEPTH: usize = 100;
/// Most nodes that the aliases of one file may stand for.
pub const MAX_EXPANDED: usize = 100_000;
/// Most text that the aliases of one file may stand for, in bytes.
pub const MAX_EXPANDED_TEXT: usize = 4 << 20;

/// How deeply lists and objects are nested in `value`.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// How many values `value` consists of.
pub fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nodes).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

/// How many bytes of text, keys included, `value` holds.
pub fn text_bytes(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + text_bytes(value)).sum(),
        Value::String(text) => text.len(),
        _ => 0,
    }
}

/// So much text can be written in `bytes` bytes: no escape stands for more than twice its own length.
pub fn most_text(bytes: usize) -> usize {
    2 * bytes
}
