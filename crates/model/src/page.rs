//! The frame and look of pages that need nothing else: one file, no outside resources, whole
//! without JavaScript, light or dark as the reader has it.

/// The look that all pages share.
const STYLE: &str = include_str!("page.css");

/// A page as it is put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// Its title, as plain text.
    pub title: &'a str,
    /// The command that makes it.
    pub generator: &'a str,
    /// Style of its own besides that of all pages.
    pub style: &'a str,
    /// A script that adds comfort, if there is one.
    pub script: &'a str,
    /// All that is seen, as HTML.
    pub body: &'a str,
}

impl Page<'_> {
    /// The whole page. Nothing is loaded from anywhere, whatever a text in it says.
    #[must_use]
    pub fn html(&self) -> String {
        let title = escaped(self.title);
        let (policy, script) = match self.script {
            "" => ("", String::new()),
            script => (
                " script-src 'unsafe-inline';",
                format!("<script>{script}</script>"),
            ),
        };
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline';{policy} base-uri 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"generator\" content=\"{}\"><title>{title}</title>\
             <style>{STYLE}{}</style></head><body>{}{script}</body></html>",
            escaped(self.generator),
            self.style,
            self.body,
        )
    }
}

/// Plain text where HTML is expected.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_loads_nothing_and_its_title_is_only_text() {
        let page = Page {
            title: "</title><script>",
            generator: "a \"b\"",
            body: "<p>x</p>",
            ..Page::default()
        };
        let text = page.html();
        assert!(text.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"));
        assert!(text.contains("content=\"a &quot;b&quot;\""));
        assert!(text.contains("default-src 'none'"));
        assert!(
            !text.contains("script-src"),
            "without a script none may run"
        );
        let script = Page {
            script: "1",
            ..page
        };
        assert!(script.html().contains("script-src 'unsafe-inline'"));
        assert!(script.html().ends_with("<script>1</script></body></html>"));
    }
}
