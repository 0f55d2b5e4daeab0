//! References of container images.

/// The version that a reference of an image names: its tag, else its digest, else nothing.
///
/// # Errors
///
/// If the text is no reference of an image.
///
/// ```
/// use gloo_core::discover::image_version;
///
/// assert_eq!(image_version("docker.io/istio/pilot:1.28.4"), Ok("1.28.4"));
/// assert_eq!(image_version("mirror.corp:5000/mesh/pilot:1.30.0-distroless"), Ok("1.30.0-distroless"));
/// assert_eq!(image_version("docker.io/istio/pilot@sha256:ab"), Ok("sha256:ab"));
/// assert_eq!(image_version("registry.local/istio/pilot"), Ok(""));
/// assert!(image_version("a:1:x:y").is_err());
/// ```
pub fn image_version(reference: &str) -> Result<&str, InvalidImage> {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let has_registry = name
        .split_once('/')
        .is_some_and(|(first, _)| first.contains('.') || first.contains(':') || first == "localhost");
    let path = if has_registry { name.split_once('/').map_or("", |(_, path)| path) } else { name };
    let (path, tag) = match path.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    let is_word = |text: &str| {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        first && text.len() <= 128 && bytes.all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it))
    };
    let is_path = !path.is_empty()
        && path.split('/').all(|part| {
            let lower =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
            !part.is_empty() && part.bytes().all(lower)
        });
    let is_digest =
        |text: &str| text.split_once(':').is_some_and(|(kind, sum)| !kind.is_empty() && is_hex(sum));
    let is_bare_sum = !path.contains('/') && path.len() == 64 && is_hex(path);
    if !is_path
        || is_bare_sum
        || tag.is_some_and(|tag| !is_word(tag))
        || digest.is_some_and(|it| !is_digest(it))
    {
        return Err(InvalidImage);
    }
    Ok(tag.or(digest).unwrap_or_default())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text that is no reference of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reference of an image")]
pub struct InvalidImage;
