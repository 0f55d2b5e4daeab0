//! Output trees: a directory with one file for each object, and an index that says which files are ours.
//!
//! Only files that the index names are ever overwritten or removed, and only while they are as they were
//! written. Nothing outside of the directory can be reached, whatever objects are called and whatever links
//! lie in the directory. Writing the same objects again writes nothing.

mod index;
mod write;

pub use index::{Entry, INDEX, Index, Leftover, TreeError, read, read_object};
pub use write::{Desired, Left, Written, write};
