//! The example `watch` prints what it promises.
#![expect(clippy::expect_used, reason = "an example that fails must stop the test")]

#[path = "../examples/watch.rs"]
#[expect(dead_code, reason = "a test has another main")]
mod watch;

fn played(stream: &str) -> String {
    let mut output = Vec::new();
    watch::watch(stream.as_bytes(), &mut output).expect("memory can be written");
    String::from_utf8(output).expect("the example prints text")
}

#[test]
fn the_stream_of_the_example_is_followed() {
    let played = played(watch::STREAM);
    let lines: Vec<&str> = played.lines().map(|line| line.split(" {").next().unwrap_or_default()).collect();
    assert_eq!(
        lines,
        [
            "Added Settings gloo-mesh/settings",
            "  settings gloo-mesh/settings: ACCEPTED",
            "Added Mesh gloo-mesh/istio-cluster-1",
            "  mesh gloo-mesh/istio-cluster-1: updated",
            "Added Destination gloo-mesh/reviews-bookinfo-cluster-1",
            "  destination gloo-mesh/reviews-bookinfo-cluster-1: updated",
            "Added TrafficPolicy gloo-mesh/timeouts",
            "  + cluster-1/bookinfo/virtualservice:reviews",
            "  destination gloo-mesh/reviews-bookinfo-cluster-1: updated",
            "  trafficpolicy gloo-mesh/timeouts: ACCEPTED",
            "Added TrafficPolicy gloo-mesh/patience",
            "  trafficpolicy gloo-mesh/patience: INVALID",
            "Modified TrafficPolicy gloo-mesh/timeouts",
            "  ~ cluster-1/bookinfo/virtualservice:reviews",
            "  destination gloo-mesh/reviews-bookinfo-cluster-1: updated",
            "  trafficpolicy gloo-mesh/timeouts: ACCEPTED",
            "Added VirtualService bookinfo/theirs",
            "  trafficpolicy gloo-mesh/timeouts: ACCEPTED",
            "Deleted TrafficPolicy gloo-mesh/timeouts",
            "  ~ cluster-1/bookinfo/virtualservice:reviews",
            "  destination gloo-mesh/reviews-bookinfo-cluster-1: updated",
            "  trafficpolicy gloo-mesh/patience: ACCEPTED",
            "  trafficpolicy gloo-mesh/timeouts: gone",
            "Deleted Destination gloo-mesh/reviews-bookinfo-cluster-1",
            "  - cluster-1/bookinfo/virtualservice:reviews",
            "  destination gloo-mesh/reviews-bookinfo-cluster-1: gone",
            "  trafficpolicy gloo-mesh/patience: INVALID",
        ]
    );
    for timeout in ["3s", "5s", "10s"] {
        assert!(played.contains(&format!("\"timeout\":\"{timeout}\"")), "{played}");
    }
}

#[test]
fn a_stream_goes_on_after_what_it_does_not_understand() {
    let played = played(&format!(
        "not JSON\n{{\"type\": \"ADDED\", \"object\": {{}}}}\n{{\"type\": \"BOOKMARK\", \"object\": {{}}}}\n{}",
        watch::STREAM
    ));
    assert!(played.starts_with("no event: "), "{played}");
    assert!(played.contains("  not understood: ") && played.contains("patience: ACCEPTED"), "{played}");
}
