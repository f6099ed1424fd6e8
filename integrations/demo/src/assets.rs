//! The static files of the pages, compiled into the program.

/// A static file and its media type.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) media_type: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) const STYLE: Asset =
    Asset { media_type: "text/css; charset=utf-8", text: include_str!("../static/style.css") };
pub(crate) const ICON: Asset =
    Asset { media_type: "image/svg+xml", text: include_str!("../static/icon.svg") };

/// The caching of static files. Pages refer to each file with [`VERSION`] in its address, so a cached file is
/// never out of date.
pub(crate) const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// The version of the files, which changes when one of them changes.
pub(crate) const VERSION: u32 = digest(STYLE.text.as_bytes(), digest(ICON.text.as_bytes(), 0x811c_9dc5));

/// Computes an FNV-1a hash, which works at compile time.
const fn digest(bytes: &[u8], mut digest: u32) -> u32 {
    let mut i = 0;
    while i < bytes.len() {
        digest = (digest ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    digest
}
