//! The cookies of a browser, kept and sent as RFC 6265bis says.

/// A cookie jar. It keeps no time: a cookie stays until it is replaced or removed. All its hosts are taken for HTTPS.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<Kept>);

#[derive(Clone, Debug)]
struct Kept {
    name: String,
    value: String,
    domain: String,
    /// Whether it is sent to `domain` alone, not to hosts below it.
    host_only: bool,
    path: String,
}

/// What a jar makes of a Set-Cookie header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is kept, or has removed what was there.
    Accepted,
    /// It is not the sender's to set.
    Refused,
}

impl Jar {
    /// Takes a Set-Cookie header that came from `host` with the answer to `path`.
    pub fn receive(&mut self, host: &str, path: &str, set_cookie: &str) -> Receipt {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let attributes = Attributes::read(attributes);
        let Some((name, value)) = pair.split_once('=') else { return Receipt::Refused };
        let (name, value) = (name.trim(), value.trim());
        let domain = attributes.domain.as_deref().unwrap_or(host);
        if !matches(host, domain) || !attributes.suit(name) {
            return Receipt::Refused;
        }
        let kept = Kept {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: domain.to_owned(),
            host_only: attributes.domain.is_none(),
            path: attributes.path.unwrap_or_else(|| folder(path).to_owned()),
        };
        let place = self.0.iter().position(|old| old.is_replaced_by(&kept));
        match (place, attributes.removal) {
            (Some(place), true) => drop(self.0.remove(place)),
            (Some(place), false) => self.0[place] = kept,
            (None, true) => {}
            (None, false) => self.0.push(kept),
        }
        Receipt::Accepted
    }

    /// The Cookie header of a request to `host` for `path`: the longer paths first, then what came first.
    #[must_use]
    pub fn header(&self, host: &str, path: &str) -> Option<String> {
        let mut sent: Vec<_> = self.0.iter().filter(|kept| kept.goes_to(host, path)).collect();
        sent.sort_by_key(|kept| std::cmp::Reverse(kept.path.len()));
        let pairs: Vec<_> = sent.into_iter().map(|kept| format!("{}={}", kept.name, kept.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The first cookie of this name, `name=value`.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|kept| kept.name == name)?;
        Some(format!("{name}={}", found.value))
    }
}

impl Kept {
    fn is_replaced_by(&self, new: &Self) -> bool {
        (&self.name, &self.domain, &self.path, self.host_only)
            == (&new.name, &new.domain, &new.path, new.host_only)
    }

    fn goes_to(&self, host: &str, path: &str) -> bool {
        let to_host = if self.host_only { host == self.domain } else { matches(host, &self.domain) };
        let below = || {
            path.strip_prefix(&self.path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
        };
        to_host && below()
    }
}

/// What a Set-Cookie header says behind the cookie.
struct Attributes {
    domain: Option<String>,
    path: Option<String>,
    secure: bool,
    removal: bool,
}

impl Attributes {
    fn read(text: &str) -> Self {
        let mut read = Self { domain: None, path: None, secure: false, removal: false };
        for attribute in text.split(';') {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "domain" => read.domain = Some(value.trim_start_matches('.').to_ascii_lowercase()),
                "path" => read.path = value.starts_with('/').then(|| value.to_owned()),
                "secure" => read.secure = true,
                "max-age" => read.removal = value.parse::<i64>().is_ok_and(|secs| secs <= 0),
                _ => {}
            }
        }
        read
    }

    /// Whether they are what the name's prefix asks for. Browsers read it in any case of its letters.
    fn suit(&self, name: &str) -> bool {
        let has =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        if has("__Host-") {
            self.secure && self.domain.is_none() && self.path.as_deref() == Some("/")
        } else {
            self.secure || !has("__Secure-")
        }
    }
}

/// Whether a host is of a domain.
fn matches(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The path of a cookie that names none.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(texts: &[&str]) -> (Jar, Vec<Receipt>) {
        let mut jar = Jar::default();
        let receipts = texts.iter().map(|text| jar.receive("shop.a.test", "/cart/add", text)).collect();
        (jar, receipts)
    }

    #[test]
    fn a_cookie_comes_back_to_its_host_alone() {
        let (jar, _) = received(&["a=1; Path=/"]);
        assert_eq!(jar.header("shop.a.test", "/").as_deref(), Some("a=1"));
        assert_eq!(jar.header("www.shop.a.test", "/"), None);
        assert_eq!(jar.header("a.test", "/"), None);
    }

    #[test]
    fn a_cookie_with_a_domain_goes_to_every_host_of_it() {
        let (jar, _) = received(&["a=1; Path=/; Domain=.A.test"]);
        for host in ["a.test", "shop.a.test", "evil.a.test"] {
            assert_eq!(jar.header(host, "/x").as_deref(), Some("a=1"), "{host}");
        }
        assert_eq!(jar.header("nota.test", "/"), None);
    }

    #[test]
    fn nobody_sets_a_cookie_for_anothers_domain() {
        for text in ["a=1; Domain=b.test", "a=1; Domain=www.shop.a.test", "a=1; Domain=p.a.test"] {
            assert_eq!(received(&[text]).1, [Receipt::Refused], "{text}");
        }
    }

    #[test]
    fn a_cookie_is_sent_below_its_path() {
        let (jar, _) = received(&["a=1; Path=/cart", "b=2"]);
        assert_eq!(jar.header("shop.a.test", "/cart/add").as_deref(), Some("a=1; b=2"));
        assert_eq!(
            jar.header("shop.a.test", "/cart").as_deref(),
            Some("a=1; b=2"),
            "the folder of /cart/add"
        );
        assert_eq!(jar.header("shop.a.test", "/cartoon"), None);
    }

    #[test]
    fn the_longer_path_comes_first_and_then_the_older_cookie() {
        let (jar, _) = received(&["a=1; Path=/", "b=2; Path=/", "c=3; Path=/cart", "a=4; Path=/"]);
        assert_eq!(jar.header("shop.a.test", "/cart").as_deref(), Some("c=3; a=4; b=2"));
    }

    #[test]
    fn a_removal_removes_just_the_cookie_that_it_names() {
        let (jar, _) = received(&["a=1; Path=/", "a=2; Path=/cart", "a=; Path=/; Max-Age=0"]);
        assert_eq!(jar.header("shop.a.test", "/cart").as_deref(), Some("a=2"));
    }

    #[test]
    fn a_prefix_is_kept_to() {
        for (text, receipt) in [
            ("__Host-a=1; Secure; Path=/", Receipt::Accepted),
            ("__Host-a=1; Path=/", Receipt::Refused),
            ("__Host-a=1; Secure", Receipt::Refused),
            ("__HOST-a=1; Secure; Path=/cart", Receipt::Refused),
            ("__Host-a=1; Secure; Path=/; Domain=a.test", Receipt::Refused),
            ("__Secure-a=1; Secure", Receipt::Accepted),
            ("__Secure-a=1", Receipt::Refused),
        ] {
            assert_eq!(received(&[text]).1, [receipt], "{text}");
        }
    }
}
