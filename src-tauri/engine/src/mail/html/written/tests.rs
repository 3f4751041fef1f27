use super::{clean_written, quotable};
use crate::mail::html_to_text;

#[test]
fn what_is_written_stays_and_nothing_else() {
    for (html, kept) in [
        ("", ""),
        ("<p>Dear Jo,</p><p><br></p><p>thanks</p>", "<p>Dear Jo,</p><p><br></p><p>thanks</p>"),
        ("<p></p>", "<p></p>"),
        ("a &lt; b &amp;&nbsp;\"c\"", "a &lt; b &amp;&nbsp;\"c\""),
        ("1 < 2", "1 &lt; 2"),
        ("<strong>b</strong> <em>i</em> <u>u</u>", "<b>b</b> <i>i</i> <u>u</u>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b><i>y</i>"),
        ("<b>x<p>y</p>z</b>", "<b>x</b><p><b>y</b></p><b>z</b>"),
        ("<b></b>x<b><b>y</b></b>", "x<b>y</b>"),
        // What WebKit's editor makes of Enter, and of an empty line.
        ("one<div>two</div><div><br></div><div>three</div>", "one<p>two</p><p><br></p><p>three</p>"),
        ("<div><div>a</div>b</div>c", "<p>a</p><p>b</p><p>c</p>"),
        ("<h1>a</h1>b", "<p>a</p><p>b</p>"),
        (
            "<ul><li>a</li><li><b>b</b></li></ul><ol><li>c</ol>",
            "<ul><li>a</li><li><b>b</b></li></ul><ol><li>c</li></ol>",
        ),
        (
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
        ),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a</li><ul><li>b</li></ul></ul>"),
        ("<ul>stray<li>a</ul>", "<ul><li>stray</li><li>a</li></ul>"),
        ("<li>alone", "<ul><li>alone</li></ul>"),
        ("<ul><li><div>a</div></li></ul>", "<ul><li>a</li></ul>"),
        (
            "<a href=\"https://x.example/?a=1&amp;b=2\" onclick=x target=_blank title=y>x</a>",
            "<a href=\"https://x.example/?a=1&amp;b=2\">x</a>",
        ),
        (
            "<a href=mailto:jo@x.example>x</a><a href='tel:+49'>y</a>",
            "<a href=\"mailto:jo@x.example\">x</a><a href=\"tel:+49\">y</a>",
        ),
        ("<a href='javascript:x'>a</a><a href=data:x>b</a><a href='#x'>c</a><a href=open:1>d</a>", "abcd"),
        (
            "<a href=http://x.example>a<a href=http://y.example>b</a>",
            "<a href=\"http://x.example/\">a</a><a href=\"http://y.example/\">b</a>",
        ),
        ("<div class=\"signature\" style=x><p>Jo</p></div>", "<div class=\"signature\"><p>Jo</p></div>"),
        ("<div class='x quote'>a<div>b</div>c</div>d", "<div class=\"quote\">a<p>b</p><p>c</p></div>d"),
        ("<div class=evil>x</div>", "<p>x</p>"),
        ("<blockquote type=cite><p>a</p></blockquote>b", "<blockquote><p>a</p></blockquote>b"),
        ("<p>a<blockquote>b</blockquote>c", "<p>a</p><blockquote>b</blockquote>c"),
        ("<span style='color:red'>x</span><font color=red>y</font>", "xy"),
        ("<script>x</script><style>y</style><title>z</title><!-- c -->a<svg><text>t</text></svg>b", "ab"),
        ("<img src=x onerror=y alt=z><iframe src=x></iframe><form><input value=x>a</form>", "<p>a</p>"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>d", "<p>a b</p><p>c</p><p>d</p>"),
        ("<pre>a\nb</pre>", "<p>a<br>b</p>"),
        ("a<hr>b", "a<p>b</p>"),
        ("a\0b\u{7}c&#13;d", "abc\nd"),
        ("<p>x", "<p>x</p>"),
        ("</p></div></b></ul>x", "x"),
    ] {
        let cleaned = clean_written(html);
        assert_eq!(cleaned, kept, "{html:?}");
        assert_eq!(clean_written(&cleaned), cleaned, "once more: {html:?}");
    }
}

#[test]
fn cleaning_once_more_changes_nothing() {
    const PIECES: &[&str] = &[
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<div class=signature>",
        "<div class=quote>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<u>",
        "</u>",
        "<a href=https://x.example>",
        "<a href='mailto:a\"<b>@x'>",
        "</a>",
        "<ul>",
        "</ul>",
        "<ol>",
        "</ol>",
        "<li>",
        "</li>",
        "<blockquote>",
        "</blockquote>",
        "<br>",
        "</br>",
        "<hr>",
        "<pre>",
        "</pre>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<svg>",
        "</svg>",
        "<template>",
        "<script>",
        "</script>",
        "<span>",
        "<h1>",
        "</h1>",
        "text",
        " ",
        "\n",
        "&amp;",
        "&lt;script&gt;",
        "&nbsp;",
        "&#13;",
        "&#1;",
        "<",
        ">",
        "\"",
        "<!--",
        "-->",
        "&",
        "\u{2028}",
        "ü",
        "<section>",
        "</section>",
        "<select>",
        "<math>",
        "<textarea>",
        "</textarea>",
        "<body>",
        "<dl><dt>",
        "</dd>",
        "\t",
        "\u{c}",
    ];
    let mut state: u64 = 7;
    for round in 0..5_000 {
        let mut html = String::new();
        for _ in 0..=round % 24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            html += PIECES[usize::try_from(state >> 33).unwrap() % PIECES.len()];
        }
        let cleaned = clean_written(&html);
        assert_eq!(clean_written(&cleaned), cleaned, "{html:?}");
        let tags = "p /p br b /b i /i u /u ul /ul ol /ol li /li a /a blockquote /blockquote div /div";
        for tag in cleaned.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
            let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(tags.split(' ').any(|known| known == name), "<{tag}> of {html:?}");
            let good = match name {
                "a" => rest.starts_with("href=\"https:") || rest.starts_with("href=\"mailto:"),
                "div" => ["class=\"signature\"", "class=\"quote\""].contains(&rest),
                _ => rest.is_empty(),
            };
            assert!(good, "<{tag}> of {html:?}");
        }
        let quoted = quotable(Some(&html), "");
        assert!(!quoted.contains("<div") && clean_written(&quoted) == quoted, "{html:?}: {quoted}");
    }
}

#[test]
fn a_received_mail_is_quoted() {
    for (html, text, quoted) in [
        (None, "Dear Jo,\nthanks.\n\nAnna", "<p>Dear Jo,<br>thanks.</p><p>Anna</p>"),
        (
            None,
            "yes\n> sure?\n>> really\n> > odd\nno",
            "<p>yes</p><blockquote><p>sure?</p><blockquote><p>really<br>odd</p></blockquote></blockquote><p>no</p>",
        ),
        (None, "a <b>&\r\nc", "<p>a &lt;b&gt;&amp;<br>c</p>"),
        (Some("<p>x</p><img src=cid:y>"), "z", "<p>x</p>"),
        (Some("<img src=cid:y>"), "only words", "<p>only words</p>"),
        (Some("<style>p{}</style><div class=signature>x</div>"), "", "<p>x</p>"),
        (Some("<body><form><input><p style=x>x</p></form></body>"), "", "<p>x</p>"),
        (None, "", ""),
    ] {
        assert_eq!(quotable(html, text), quoted, "{html:?} {text:?}");
    }
}

#[test]
fn hostile_sizes_cost_their_length() {
    let many = 30_000;
    for html in [
        "<div>".repeat(many) + &"</div>".repeat(many),
        "<div class=quote>".repeat(many),
        "<blockquote>x".repeat(many),
        "<b><i><u>".repeat(many),
        "<b>x</i>".repeat(many),
        "<ul>".repeat(many),
        "<ul><li>".repeat(many),
        "<li>".repeat(many),
        "</li></ul></p>".repeat(many),
        "<a href=https://x.example>x".repeat(many),
        "<p><b>x".repeat(many),
        "<svg>".repeat(many),
        "<".repeat(many),
        "&".repeat(many),
        "<pre>\n\n".repeat(many),
        "<br>".repeat(4 * many),
    ] {
        let cleaned = clean_written(&html);
        assert!(cleaned.len() < 20 * html.len() + 1_000, "{}", &html[..20]);
        assert_eq!(clean_written(&cleaned), cleaned, "{}", &html[..20]);
        let _ = html_to_text(&cleaned);
    }
    let deep = ">".repeat(100_000) + "x\n" + &"> x\n\n".repeat(many);
    assert!(quotable(None, &deep).len() < 10 * deep.len());
}
