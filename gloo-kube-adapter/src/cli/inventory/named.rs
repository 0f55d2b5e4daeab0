//! Objects by the names that people have for them.

use similar::get_close_matches;

use gloo_core::id::InputRef;

use crate::cli::exit::{Exit, Failure, Stop};

/// So many names are suggested.
const SUGGESTIONS: usize = 5;
/// Names that have less in common are not suggested.
const LIKENESS: f32 = 0.5;

/// Everything that an object is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The object of the management cluster.
    pub input: Option<InputRef>,
    /// Cluster, namespace and name of what it stands for in a cluster.
    pub original: Option<(String, String, String)>,
    /// Host names at which it is reached.
    pub hosts: Vec<String>,
}

impl Names {
    /// How well a word fits, best first: the name of the object, that of the original, a host, `NAME.NAMESPACE`.
    fn rank(&self, word: &str) -> Option<usize> {
        let input = self.input.as_ref();
        let full = |namespace: &str, name: &str| word == name || word == format!("{namespace}/{name}");
        let by_object = input.is_some_and(|it| full(&it.namespace, &it.name));
        let original = self.original.as_ref();
        let by_original = original.is_some_and(|(cluster, namespace, name)| {
            full(namespace, name) || word == format!("{cluster}/{namespace}/{name}")
        });
        let by_host = self.hosts.iter().any(|host| host == word);
        let dotted = |namespace: &str, name: &str| word == format!("{name}.{namespace}");
        let by_dots = input.is_some_and(|it| dotted(&it.namespace, &it.name))
            || original.is_some_and(|(_, namespace, name)| dotted(namespace, name));
        [by_object, by_original, by_host, by_dots].into_iter().position(|fits| fits)
    }

    /// The name of the object, which is the shortest that means nothing else.
    fn shown(&self) -> String {
        self.input.as_ref().map(|it| format!("{}/{}", it.namespace, it.name)).unwrap_or_default()
    }
}

/// The position of the one object that a word means.
///
/// # Errors
///
/// If none is called so, with names that are like it, or if several are.
pub fn find(kind: &str, word: &str, all: &[Names]) -> Result<usize, Stop> {
    // The kind may stand in front, as in `mesh:east`.
    let word = word.split_once(':').filter(|(prefix, _)| *prefix == kind).map_or(word, |(_, rest)| rest);
    let ranks: Vec<Option<usize>> = all.iter().map(|names| names.rank(word)).collect();
    let best = ranks.iter().flatten().min();
    let hits: Vec<usize> = ranks
        .iter()
        .enumerate()
        .filter(|(_, rank)| rank.is_some() && rank.as_ref() == best)
        .map(|it| it.0)
        .collect();
    match hits.as_slice() {
        [hit] => Ok(*hit),
        [] => Err(unknown(kind, word, all).into()),
        several => {
            let message = format!("{word:?} may be any of {} objects of kind {kind}", several.len());
            let names: Vec<String> = several.iter().filter_map(|hit| Some(all.get(*hit)?.shown())).collect();
            Err(Failure::new(Exit::Usage, "Ambiguous", message)
                .hint(format!("say which: {}", names.join(", ")))
                .into())
        }
    }
}

fn unknown(kind: &str, word: &str, all: &[Names]) -> Failure {
    let failure = Failure::new(Exit::Data, "NotFound", format_args!("no {kind} is called {word:?}"));
    let shown: Vec<(String, String)> =
        all.iter()
            .flat_map(|names| {
                let original = names.original.iter().map(|(cluster, namespace, name)| {
                    (name.clone(), format!("{cluster}/{namespace}/{name}"))
                });
                let input = names.input.iter().map(|it| (it.name.to_string(), names.shown()));
                original.chain(input)
            })
            .collect();
    let last = word.rsplit('/').next().unwrap_or(word);
    let possible: Vec<&str> = shown.iter().map(|(name, _)| name.as_str()).collect();
    let alike = get_close_matches(last, &possible, SUGGESTIONS, LIKENESS);
    let mut names: Vec<&str> = Vec::new();
    for name in alike {
        let found = shown.iter().filter(|(short, _)| short == name).map(|(_, full)| full.as_str());
        for full in found {
            if !names.contains(&full) {
                names.push(full);
            }
        }
    }
    names.truncate(SUGGESTIONS);
    if names.is_empty() { failure } else { failure.hint(format!("there is {}", names.join(", "))) }
}

#[cfg(test)]
mod tests {
    use gloo_core::id::{InputKind, InputRef};

    use super::{Exit, Failure, Names, Stop, find};

    fn failure(word: &str, all: &[Names]) -> Failure {
        match find("destination", word, all) {
            Err(Stop::Failure(failure)) => *failure,
            other => panic!("{word}: {other:?}"),
        }
    }

    fn destination(name: &str, namespace: &str, cluster: &str) -> Names {
        let input =
            InputRef::new(InputKind::Destination, "gloo-mesh", format!("{name}-{namespace}-{cluster}"));
        Names {
            input: Some(input),
            original: Some((cluster.to_owned(), namespace.to_owned(), name.to_owned())),
            hosts: vec![
                format!("{name}.{namespace}.svc.cluster.local"),
                format!("{name}.{namespace}.svc.{cluster}.global"),
            ],
        }
    }

    #[test]
    fn an_object_has_many_names() {
        let all = [destination("tea", "kitchen", "north"), destination("cake", "kitchen", "south")];
        for word in [
            "cake-kitchen-south",
            "gloo-mesh/cake-kitchen-south",
            "destination:cake-kitchen-south",
            "cake",
            "kitchen/cake",
            "south/kitchen/cake",
            "cake.kitchen.svc.cluster.local",
            "cake.kitchen.svc.south.global",
            "cake.kitchen",
        ] {
            assert_eq!(find("destination", word, &all).ok(), Some(1), "{word}");
        }
    }

    #[test]
    fn whoever_is_meant_must_be_clear() {
        let all = [destination("tea", "kitchen", "north"), destination("tea", "kitchen", "south")];
        for word in ["tea", "kitchen/tea", "tea.kitchen", "tea.kitchen.svc.cluster.local"] {
            let failure = failure(word, &all);
            assert_eq!((failure.exit, failure.reason), (Exit::Usage, "Ambiguous"), "{word}");
            let hint = "say which: gloo-mesh/tea-kitchen-north, gloo-mesh/tea-kitchen-south";
            assert_eq!(failure.hint.as_deref(), Some(hint));
        }
        assert_eq!(find("destination", "south/kitchen/tea", &all).ok(), Some(1));
        let unknown = failure("north/kitchen/te", &all);
        assert_eq!((unknown.exit, unknown.reason), (Exit::Data, "NotFound"));
        assert_eq!(unknown.hint.as_deref(), Some("there is north/kitchen/tea, south/kitchen/tea"));
        assert_eq!(failure("zzzzzz", &all).hint, None);
    }

    #[test]
    fn the_better_name_counts() {
        // What one is called as an object, another is called in its cluster.
        let all =
            [destination("tea-kitchen-south", "kitchen", "north"), destination("tea", "kitchen", "south")];
        assert_eq!(find("destination", "tea-kitchen-south", &all).ok(), Some(1));
    }
}
