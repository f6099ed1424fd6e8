//! The results of pages and forms, before a framework turns them into a response.

use askama::Template;

/// The result of a page or of a form.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A page of HTML.
    Page { status: u16, html: String },
    /// A redirect after a form, with status 303, so that a reload does not send the form again.
    SeeOther(&'static str),
}

impl Answer {
    /// Renders a page with status 200.
    pub(crate) fn page(template: &impl Template) -> Self {
        Self::page_with(200, template)
    }

    /// Renders a page with another status, such as that of an error.
    pub(crate) fn page_with(status: u16, template: &impl Template) -> Self {
        let html = template.render().expect("a template of plain values always renders");
        Self::Page { status, html }
    }
}

/// The caching of pages: they are not stored, so the Back button shows no private page after a sign-out.
pub(crate) const PAGE_CACHE_CONTROL: &str = "no-store";

/// The security headers of every response, except Rocket's own response to a request that it cannot parse.
///
/// Browsers then load nothing from other sites, show no page in a frame, guess no media types, and send no
/// address of a page to other sites.
pub(crate) const SECURITY_HEADERS: [(&str, &str); 3] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
];
