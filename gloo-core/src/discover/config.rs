//! Configuration that meshes keep as text in ConfigMaps.

use serde::de::DeserializeOwned;

/// Reads a YAML or JSON text from a ConfigMap of a cluster.
///
/// Fields that `T` does not have are passed over. Clusters are not trusted: a text that would unfold to more than a
/// ConfigMap can hold is refused.
///
/// # Errors
///
/// If it cannot be read; the text says why, on one line.
pub fn read_config<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let options = serde_saphyr::options! {
        emit_comments: false,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let text = error.without_snippet().to_string();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

#[cfg(test)]
mod tests {
    use super::read_config;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Config {
        trust_domain: String,
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        let config: Config = read_config("trustDomain: west.example\nenableTracing: true\n").unwrap();
        assert_eq!(config, Config { trust_domain: "west.example".to_owned() });
    }

    #[test]
    fn an_empty_text_holds_nothing() {
        let config: Option<Config> = read_config("").unwrap();
        assert_eq!(config, None);
    }

    #[test]
    fn what_unfolds_without_end_is_refused() {
        let levels = (1..9).map(|level| {
            let below = vec![format!("*a{}", level - 1); 10].join(", ");
            format!("a{level}: &a{level} [{below}]\n")
        });
        let bomb = format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{}", levels.collect::<String>());
        read_config::<serde_json::Value>(&bomb).unwrap_err();
        read_config::<Config>("trustDomain: [1").unwrap_err();
    }
}
