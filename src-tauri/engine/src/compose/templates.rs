//! Placeholders of templates: `{first name}`, `{project}`. Pure.

/// What a template is filled with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The name of the person who is written to.
    pub name: Option<String>,
    /// The project's title.
    pub project: Option<String>,
}

/// A filled template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Subject.
    pub subject: String,
    /// Cleaned HTML.
    pub html: String,
    /// Placeholders that stand as they are: there was nothing to put in.
    pub missing: Vec<String>,
}

/// The first word of a person's name: "Clara" of "Clara Voss, Lumen Group". An address is no name.
pub fn first_name(name: &str) -> Option<String> {
    let word = name.split([' ', ',']).find(|word| !word.is_empty())?;
    (!word.contains('@')).then(|| word.to_owned())
}

/// Fills in what is known, in one pass: what stands in a value is no placeholder. Values are text: in the HTML they are
/// escaped, in the subject they stay on one line.
pub fn fill(subject: &str, html: &str, values: &Values) -> Filled {
    let first = values.name.as_deref().and_then(first_name);
    let project = values.project.clone().filter(|title| !title.trim().is_empty());
    let known = [("first name", first), ("project", project)];
    let mut missing = Vec::new();
    let mut filled = |text: &str, put: fn(&str) -> String| {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let found = known.iter().find(|(name, _)| {
                from.strip_prefix('{').and_then(|t| t.strip_prefix(name)).is_some_and(|t| t.starts_with('}'))
            });
            let length = found.map_or(1, |(name, _)| name.len() + 2);
            match found {
                Some((_, Some(value))) => out.push_str(&put(value)),
                other => {
                    if let Some((name, None)) = other
                        && !missing.iter().any(|missed| missed == name)
                    {
                        missing.push((*name).to_owned());
                    }
                    out.push_str(from.get(..length).unwrap_or_default());
                }
            }
            rest = from.get(length..).unwrap_or_default();
        }
        out + rest
    };
    let subject = filled(subject, |value| value.split_whitespace().collect::<Vec<_>>().join(" "));
    let html = filled(html, escape);
    Filled { subject, html, missing }
}

/// Text as HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_filled_in_and_the_rest_is_named() {
        let values =
            Values { name: Some("Clara Voss, Lumen Group".into()), project: Some("A & B <i>".into()) };
        let filled = fill("{project} for {first name}", "<p>Dear {first name}: {project}</p>", &values);
        assert_eq!(filled.subject, "A & B <i> for Clara");
        assert_eq!(filled.html, "<p>Dear Clara: A &amp; B &lt;i&gt;</p>");
        assert!(filled.missing.is_empty());

        let nobody = Values { name: Some("clara@x.example".into()), project: None };
        let filled = fill("", "<p>{first name} {project}</p>", &nobody);
        assert_eq!(filled.html, "<p>{first name} {project}</p>");
        assert_eq!(filled.missing, ["first name", "project"]);
        assert!(fill("Hello", "<p>x</p>", &nobody).missing.is_empty());
    }

    #[test]
    fn a_value_that_holds_a_placeholder_is_no_placeholder_for_another_name() {
        let values = Values { name: Some("{project}".into()), project: Some("X".into()) };
        assert_eq!(fill("", "{first name}", &values).html, "{project}");
    }
}
