use super::{SearchText, match_expression, normalise};
use crate::mail::parse;
use rusqlite::Connection;

#[test]
fn both_sides_are_written_alike() {
    for (text, normal) in [
        ("Café CRÈME", "cafe creme"),
        ("Straße STRASSE ẞ", "strasse strasse ss"),
        ("Ærø Łódź Đặng œuvre Þór", "aero lodz dang oeuvre thor"),
        ("İstanbul ISPARTA ılık", "istanbul isparta ilik"),
        ("ﬁne ① Ｆｕｌｌ ½", "fine 1 full 1⁄2"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Ёлка Йод", "елка иод"),
        ("שָׁלוֹם", "שלום"),
        ("مَرْحَبًا", "مرحبا"),
        ("東京で会う", "東 京 で 会 う"),
        ("ﾊﾟﾝ がか", "パ ン が か"),
        ("안녕하세요 Jo", "안 녕 하 세 요 jo"),
        ("写真abc写", "写 真 abc 写"),
        ("สวัสดี", "ส ว ส ด"),
        ("co\u{ad}op zero\u{200b}width", "coop zerowidth"),
        ("anna@studio.example", "anna@studio.example"),
        ("", ""),
    ] {
        let found = normalise(text);
        // Thai vowel signs are marks; which of them fold away is of no interest, only that both sides agree.
        if text.starts_with('ส') {
            assert!(found.split(' ').all(|part| part.chars().count() <= 1), "{found}");
        } else {
            assert_eq!(found, normal, "{text:?}");
        }
        assert_eq!(normalise(&found), found, "what is normal stays so");
    }
}

#[test]
fn a_query_becomes_quoted_words() {
    for (query, expression) in [
        ("meyer", Some("\"meyer\"*")),
        ("  Anna  Grün ", Some("\"anna\"* \"grun\"*")),
        ("東京", Some("\"東 京\"")),
        ("写真abc", Some("\"写 真 abc\"*")),
        ("anna@studio.example", Some("\"anna studio example\"*")),
        ("NOT OR AND NEAR(a b)", Some("\"not\"* \"or\"* \"and\"* \"near a\"* \"b\"*")),
        ("a\" OR \"b*", Some("\"a\"* \"or\"* \"b\"*")),
        ("from:x -y ^z {a}", Some("\"from x\"* \"y\"* \"z\"* \"a\"*")),
        ("\"", None),
        ("- * & ☺ ()", None),
        ("", None),
        ("\0", None),
    ] {
        assert_eq!(match_expression(query).as_deref(), expression, "{query:?}");
    }
    assert!(match_expression(&"word ".repeat(10_000)).unwrap().len() < 1_000);
    assert!(match_expression(&"x".repeat(100_000)).unwrap().len() < 100);
}

/// An index as the store has it.
fn index() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(
        "CREATE VIRTUAL TABLE t USING fts5(\"from\", \"to\", subject, body, attachments, prefix='1 2 3')",
    )
    .unwrap();
    db
}

fn add(db: &Connection, raw: &str) {
    let text = SearchText::from(&parse(raw.as_bytes()));
    let columns = [text.from, text.to, text.subject, text.body, text.attachments];
    db.execute("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", columns).unwrap();
}

fn count(db: &Connection, query: &str) -> i64 {
    let expression = match_expression(query).unwrap();
    db.query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [expression], |row| row.get(0)).unwrap()
}

#[test]
fn fts5_finds_what_people_type() {
    let db = index();
    add(
        &db,
        "From: =?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <juergen@xn--mnchen-3ya.example>\nTo: Jo <jo@me.example>\n\
         Cc: Ann O'Neil <ann@x.example>\nSubject: Hochzeit in \u{141}\u{f3}d\u{17a}\n\
         Content-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nWir treffen uns in 東京タワー, 안녕하세요, สวัสดีครับ. C++ & 100% हिन्दी\n\
         --b\nContent-Type: application/pdf; name=\"Verträge_2026.pdf\"\n\nx\n--b--\n",
    );
    for query in [
        "jurgen",
        "Jürgen",
        "JÜRG",
        "gross",
        "Groß",
        "münchen",
        "juergen@xn--mnchen-3ya.example",
        "jo@me",
        "hochzeit lodz",
        "Łódź",
        "wir tref",
        "t",
        "京",
        "東京",
        "京タワ",
        "タワー",
        "안녕",
        "녕하",
        "สวัสดี",
        "ครับ",
        "vertr",
        "Verträge_2026",
        "2026.pdf",
        "O'Neil",
        "c++",
        "100%",
        "हिन्दी",
        "\"treffen",
        "treffen OR",
    ] {
        let expected = i64::from(query != "treffen OR");
        assert_eq!(count(&db, query), expected, "{query:?}");
    }
    for query in ["京東", "녕안", "urgen", "müller", "jo@you", "ワタ"] {
        assert_eq!(count(&db, query), 0, "{query:?}");
    }
}

#[test]
fn no_query_is_a_syntax_error() {
    let db = index();
    for query in [
        "\"",
        "a\"b",
        "a*b*",
        "(a",
        "a)",
        "^a",
        "a:b",
        "{a b}:c",
        "-a",
        "+a",
        "a NEAR/2 b",
        "NOT a",
        "a AND",
        "''",
        ";--",
        "a\0b",
        "\u{202e}a",
        "%",
        "\\a",
        "東\"京",
        "a…b",
        "½",
        "²",
        "ⅷ",
        "ªº",
        "\u{300}a",
    ] {
        if match_expression(query).is_some() {
            let _ = count(&db, query);
        }
    }
}
