//! What a service port speaks, as far as its declaration tells.

/// Application protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/1.1
    Http,
    /// HTTP/2
    Http2,
    /// gRPC
    Grpc,
    /// gRPC for browsers
    GrpcWeb,
    /// HTTP with absolute URLs, as sent to a proxy
    HttpProxy,
    /// Anything that carries no HTTP a proxy can read, TLS included.
    Opaque,
    /// Not declared: proxies find out by looking at the first bytes.
    Undeclared,
}

impl Protocol {
    /// Reads the declaration of a port: its application protocol if given, else its name, by the first part
    /// of `http-web` and the like.
    ///
    /// Ports 25, 53, 3306 and 27017 are taken as opaque when nothing is declared, because there the server
    /// speaks first and looking at bytes would wait for ever.
    pub fn of(port: u32, name: &str, transport: &str, application: &str) -> Self {
        if transport.eq_ignore_ascii_case("UDP") || transport.eq_ignore_ascii_case("SCTP") {
            return Self::Opaque;
        }
        let declared = if application.is_empty() { name } else { application };
        let declared = declared.to_ascii_lowercase();
        match declared.as_str() {
            "kubernetes.io/h2c" => return Self::Http2,
            "kubernetes.io/ws" => return Self::Http,
            "kubernetes.io/wss" => return Self::Opaque,
            _ => (),
        }
        if declared.starts_with("grpc-web") {
            return Self::GrpcWeb;
        }
        match declared.split('-').next().unwrap_or_default() {
            "http" => Self::Http,
            "http2" => Self::Http2,
            "grpc" => Self::Grpc,
            "http_proxy" => Self::HttpProxy,
            "tcp" | "udp" | "https" | "thrift" | "tls" | "mongo" | "redis" | "mysql" => Self::Opaque,
            _ if matches!(port, 25 | 53 | 3306 | 27017) => Self::Opaque,
            _ => Self::Undeclared,
        }
    }

    /// The name that proxies know for what is declared; `None` if nothing is. The parameters are those of
    /// [`Protocol::of`].
    pub fn declared(port: u32, name: &str, transport: &str, application: &str) -> Option<&'static str> {
        if transport.eq_ignore_ascii_case("UDP") {
            return Some("UDP");
        }
        let declared = if application.is_empty() { name } else { application };
        let declared = declared.to_ascii_lowercase();
        match declared.as_str() {
            "kubernetes.io/h2c" => return Some("HTTP2"),
            "kubernetes.io/ws" => return Some("HTTP"),
            "kubernetes.io/wss" => return Some("HTTPS"),
            _ => (),
        }
        if declared.starts_with("grpc-web") {
            return Some("GRPC-Web");
        }
        let known = [
            ("tcp", "TCP"),
            ("udp", "UDP"),
            ("grpc", "GRPC"),
            ("http", "HTTP"),
            ("http_proxy", "HTTP_PROXY"),
            ("http2", "HTTP2"),
            ("https", "HTTPS"),
            ("thrift", "Thrift"),
            ("tls", "TLS"),
            ("mongo", "Mongo"),
            ("redis", "Redis"),
            ("mysql", "MySQL"),
        ];
        let first = declared.split('-').next().unwrap_or_default();
        let found = known.iter().find(|(word, _)| *word == first).map(|(_, name)| *name);
        found.or_else(|| matches!(port, 25 | 53 | 3306 | 27017).then_some("TCP"))
    }

    /// Whether routes for HTTP requests make sense on the port.
    pub fn carries_http(self) -> bool {
        self != Self::Opaque
    }
}

#[cfg(test)]
mod tests {
    use super::Protocol;

    #[test]
    fn a_port_is_known_by_application_protocol_then_name() {
        for (port, name, transport, application, expected) in [
            (80, "http", "TCP", "", Protocol::Http),
            (80, "http-web", "TCP", "", Protocol::Http),
            (80, "HTTP2", "TCP", "", Protocol::Http2),
            (80, "tcp", "TCP", "http", Protocol::Http),
            (80, "grpc-web-x", "TCP", "", Protocol::GrpcWeb),
            (80, "grpc-api", "TCP", "", Protocol::Grpc),
            (80, "", "TCP", "kubernetes.io/h2c", Protocol::Http2),
            (80, "", "TCP", "kubernetes.io/ws", Protocol::Http),
            (80, "", "TCP", "kubernetes.io/wss", Protocol::Opaque),
            (443, "https", "TCP", "", Protocol::Opaque),
            (9080, "web", "TCP", "", Protocol::Undeclared),
            (9080, "", "TCP", "", Protocol::Undeclared),
            (3306, "", "TCP", "", Protocol::Opaque),
            (3306, "http", "TCP", "", Protocol::Http),
            (53, "http", "UDP", "", Protocol::Opaque),
        ] {
            assert_eq!(
                Protocol::of(port, name, transport, application),
                expected,
                "{port} {name} {application}"
            );
        }
    }

    #[test]
    fn a_port_says_what_it_speaks_or_nothing() {
        for (port, name, transport, application, expected) in [
            (80, "http-web", "TCP", "", Some("HTTP")),
            (80, "GRPC-WEB-x", "TCP", "", Some("GRPC-Web")),
            (80, "web", "TCP", "kubernetes.io/h2c", Some("HTTP2")),
            (443, "https", "TCP", "kubernetes.io/wss", Some("HTTPS")),
            (9090, "tcp-x", "TCP", "grpc", Some("GRPC")),
            (27017, "", "TCP", "", Some("TCP")),
            (53, "dns", "UDP", "", Some("UDP")),
            (9080, "web", "TCP", "", None),
        ] {
            assert_eq!(Protocol::declared(port, name, transport, application), expected, "{name}");
        }
    }
}
