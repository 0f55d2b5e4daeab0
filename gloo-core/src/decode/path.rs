//! Paths of fields, written as users write them.

use serde_path_to_error::Segment;

/// Fields that hold conditions: an unknown field below one of them is a condition that would get lost.
const CONDITIONS: [&str; 12] = [
    "sourceSelector",
    "destinationSelector",
    "destinationSelectors",
    "httpRequestMatchers",
    "routeSelector",
    "selectors",
    "ingressGatewaySelectors",
    "eastWestIngressGatewaySelectors",
    "allowOrigins",
    "additionalOrigins",
    "ratelimitServerConfigSelector",
    "podsToBounce",
];

/// Appends a field to a path.
pub(super) fn join(base: &str, field: &str) -> String {
    if base.is_empty() { field.to_owned() } else { format!("{base}.{field}") }
}

/// Appends an element of a list to a path.
pub(super) fn element(base: &str, index: usize) -> String {
    format!("{base}[{index}]")
}

/// Writes the path of a mistake.
pub(super) fn error_path(base: &str, path: &serde_path_to_error::Path) -> String {
    path.iter().fold(base.to_owned(), |path, segment| match segment {
        Segment::Seq { index } => element(&path, *index),
        Segment::Map { key } => join(&path, key),
        Segment::Enum { variant } => join(&path, variant),
        Segment::Unknown => path,
    })
}

/// Writes the path of an unknown field.
pub(super) fn unknown_path(base: &str, path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;

    match path {
        Path::Root => base.to_owned(),
        Path::Seq { parent, index } => element(&unknown_path(base, parent), *index),
        Path::Map { parent, key } => join(&unknown_path(base, parent), key),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            unknown_path(base, parent)
        }
    }
}

/// Says whether a condition would get lost with the unknown field at `path`: it stands in a selector or matcher, or its name says
/// that it is one.
pub(super) fn is_condition(path: &str) -> bool {
    let mut steps = path.split('.').map(|step| step.split('[').next().unwrap_or(step));
    if steps.next() != Some("spec") {
        return false;
    }
    let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("selector") || name.contains("matcher") || steps.any(|step| CONDITIONS.contains(&step))
}
