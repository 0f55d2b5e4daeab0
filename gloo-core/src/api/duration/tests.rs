use super::{Duration, DurationError};

#[test]
fn text_is_read_and_written_back_in_seconds() {
    for (text, nanos, written) in [
        ("5s", 5_000_000_000, "5s"),
        ("100ms", 100_000_000, "0.100s"),
        ("1m30s", 90_000_000_000, "90s"),
        ("1.5h", 5_400_000_000_000, "5400s"),
        ("100us", 100_000, "0.000100s"),
        ("100µs", 100_000, "0.000100s"),
        ("100μs", 100_000, "0.000100s"),
        ("7ns", 7, "0.000000007s"),
        ("0", 0, "0s"),
        ("+0", 0, "0s"),
        ("-0", 0, "0s"),
        ("0s", 0, "0s"),
        ("-5s", -5_000_000_000, "-5s"),
        ("+5s", 5_000_000_000, "5s"),
        ("-1.5s", -1_500_000_000, "-1.500s"),
        ("1.s", 1_000_000_000, "1s"),
        (".5s", 500_000_000, "0.500s"),
        ("1h1h", 7_200_000_000_000, "7200s"),
        ("0.1ns", 0, "0s"),
        ("9223372036854775807ns", i64::MAX, "9223372036.854775807s"),
        ("-9223372036854775808ns", i64::MIN, "-9223372036.854775808s"),
    ] {
        assert_eq!(text.parse(), Ok(Duration(nanos)), "{text}");
        assert_eq!(Duration(nanos).to_string(), written, "{text}");
        assert_eq!(written.parse(), Ok(Duration(nanos)), "{written}");
    }
}

#[test]
fn other_text_is_refused() {
    for text in
        ["5", "5 s", "1d", "", "abc", "-", "+", ".", ".s", "s", "1m5", "--5s", "5S", "1,5s", "soon", "٣s"]
    {
        assert_eq!(text.parse::<Duration>(), Err(DurationError::Syntax), "{text}");
    }
}

#[test]
fn too_long_is_refused() {
    for text in ["9223372036854775808ns", "2562048h", "99999999999999999999s", "-9223372036854775809ns"] {
        assert_eq!(text.parse::<Duration>(), Err(DurationError::Range), "{text}");
    }
}

#[test]
fn pattern_accepts_what_the_parser_accepts() {
    let pattern = regex::Regex::new(super::PATTERN).unwrap();
    for text in ["5s", "1m30s", ".5s", "1.s", "-5s", "0", "100µs", "", "5", "1d", "abc", "-", ".s", "1m5"] {
        assert_eq!(pattern.is_match(text), text.parse::<Duration>().is_ok(), "{text}");
    }
}
