//! All the other mail of two years, from people and machines that are no contacts: newsletters, receipts, reminders.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::super::{Charset, MessageBuilder, Random, Transfer};
use super::files::{ics, pdf};
use super::{SampleMail, ago};
use crate::trouble::Outcome;

const TO: &str = "Nora Lind <nora@noralind.example>";
const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Titles of a magazine's newsletter, with a first sentence.
const ISSUES: &[(&str, &str)] = &[
    (
        "The light of the north window",
        "Why painters wanted it, and what a roll of baking paper can do for yours.",
    ),
    ("Nine weddings in the rain", "Nine photographers show the picture that they would not have without it."),
    ("How to say no to a shot list", "A kind letter that you may copy, and what to offer instead."),
    ("Quiet shutters in loud rooms", "We took five cameras to a library and asked the librarian."),
    ("The price of a Saturday", "Three hundred of you answered. Half of you are too cheap."),
    ("Film, again", "A lab in Ghent develops more rolls than in 1998. We went to see."),
    ("Grandparents first", "The order of the group pictures, and why nobody has ever regretted this one."),
    ("A backup that you have tried", "A backup that was never restored is a wish. An afternoon's exercise."),
    ("What the second shooter sees", "Ten pairs of pictures, taken in the same second."),
    ("Skin in mixed light", "Candles, tungsten and a blue window: where to begin."),
    ("Albums that survive children", "Bindings, papers and a test with blackcurrant juice."),
    ("The portrait of a hand", "Potters, surgeons, a baker: faces left out on purpose."),
];

/// What the camera shop sold, with its price in cents.
const GOODS: &[(&str, u32)] = &[
    ("Memory card 128 GB, two pieces", 11_980),
    ("Lens cloths, pack of ten", 1_490),
    ("Battery grip, used", 8_900),
    ("Reflector 80 cm, silver and white", 3_450),
    ("Prime lens 35 mm f/1.8", 46_900),
    ("Gaffer tape, black", 1_290),
    ("Rain cover for two cameras", 5_800),
    ("Light stand, 2.6 m", 4_200),
    ("Shoulder strap, leather", 6_500),
    ("Sensor cleaning kit", 2_950),
];

const JOURNEYS: &[(&str, &str)] = &[
    ("Koblenz Hbf", "Leipzig Hbf"),
    ("Koblenz Hbf", "Köln Hbf"),
    ("Frankfurt (Main) Hbf", "Kraków Główny"),
    ("Koblenz Hbf", "Mainz Hbf"),
    ("Köln Hbf", "Paris Nord"),
];

const TALK: &[(&str, &str)] = &[
    (
        "Thursday, the usual table?",
        "Is anybody there on Thursday? I bring the contact sheets from Porto, and Mira wants to show her lamp.",
    ),
    ("Lamp for sale", "My old beauty dish needs a new home. 60, or a cake."),
    (
        "Who knows a good printer?",
        "A client wants 300 cards on cotton paper by the end of the month. Ours is on holiday until the 12th.",
    ),
    (
        "The courtyard gate",
        "The lock was changed today, the new keys are with Herr Baum on the ground floor, bring the old one.",
    ),
    (
        "Studio heating",
        "The heating is checked on Tuesday between eight and ten, somebody should be there, preferably not me.",
    ),
    ("Re: Who knows a good printer?", "Druckerei Kamp, ask for Susanne, and do not ask for discounts."),
    (
        "Exhibition in the old pool",
        "We have the old swimming bath for three weeks in autumn. Each gets two lanes. Who is in?",
    ),
    (
        "Flash triggers",
        "Somebody has my second trigger, the one with the yellow dot. I have somebody's with the red dot.",
    ),
];

/// Everything, oldest first or not; the caller sorts.
pub fn mail(now: Timestamp, random: &mut Random) -> Outcome<Vec<SampleMail>> {
    let mut all = Vec::new();
    for month in 0..24_i64 {
        monthly(now, month, random, &mut all)?;
    }
    for (n, (subject, text)) in TALK.iter().cycle().take(40).enumerate() {
        let (name, address) = *random.pick(&[
            ("Mira Falk", "mira@falk-design.example"),
            ("Søren Holm", "soren@holm.example"),
            ("Katharina Baum", "k.baum@hofgemeinschaft.example"),
            ("Studio list", "studio@lists.example"),
        ]);
        let at = ago(
            now,
            5 + i64::try_from(n)? * 17 + i64::try_from(random.below(9))?,
            8 * 60 + n_minutes(random),
        )?;
        let text = format!("Hello everybody,\n\n{text}\n\n{}\n", name.split(' ').next().unwrap_or(name));
        let bytes = base(name, address, subject, at, random)
            .header("List-Id", "<studio.lists.example>")
            .text(&text, Charset::Utf8, Transfer::QuotedPrintable)
            .build();
        all.push(SampleMail::new("INBOX", bytes, at, true));
    }
    for n in 0..8_i64 {
        all.push(appointment(now, n, random)?);
    }
    Ok(all)
}

fn monthly(now: Timestamp, month: i64, random: &mut Random, all: &mut Vec<SampleMail>) -> Outcome<()> {
    let day = |offset: i64, minute: i64| ago(now, month * 30 + offset, minute);
    let seen = month > 0;

    let at = day(3, 6 * 60)?;
    let (title, lead) = ISSUES[usize::try_from(month)? % ISSUES.len()];
    let bytes = base("Contact Sheet", "letter@contactsheet.example", title, at, random)
        .header("List-Unsubscribe", "<https://contactsheet.example/leave>")
        .text(
            &format!("{title}\n\n{lead}\n\nRead it: https://contactsheet.example/{month}\n"),
            Charset::Utf8,
            Transfer::Seven,
        )
        .html(&newsletter(title, lead, month), Charset::Utf8, Transfer::QuotedPrintable)
        .build();
    all.push(SampleMail::new("INBOX", bytes, at, seen));

    let at = day(9, 11 * 60 + n_minutes(random))?;
    let (goods, cents) = *random.pick(GOODS);
    let order = 700_000 + month * 137;
    let text = format!(
        "Guten Tag Nora Lind,\n\nvielen Dank für Ihre Bestellung {order}.\n\n1 x {goods}: {},{:02} €\nVersand: 4,90 €\n\n\
         Die Rechnung finden Sie im Anhang. Lieferung in zwei bis drei Werktagen.\n\nIhr Foto Krämer\n",
        cents / 100,
        cents % 100
    );
    let subject = format!("Ihre Bestellung {order} bei Foto Krämer");
    let bytes = base("Foto Krämer", "bestellung@foto-kraemer.example", &subject, at, random)
        .text(&text, Charset::Latin1, Transfer::QuotedPrintable)
        .attach(&format!("Rechnung-{order}.pdf"), "application/pdf", &pdf(&["Foto Kraemer", &subject, goods]))
        .build();
    all.push(SampleMail::new("INBOX", bytes, at, seen));

    let at = day(1, 5 * 60 + 12)?;
    let zoned = at.to_zoned(TimeZone::UTC);
    let name = MONTHS[usize::try_from(zoned.month())?.saturating_sub(1)];
    let subject = format!("Your invoice for {name} {}", zoned.year());
    let text = format!(
        "Hello Nora,\n\nyour invoice for {name} is ready: 11.90 for 2 TB, paid by card.\n\nHaven Storage\n"
    );
    let bytes = base("Haven Storage", "billing@haven-storage.example", &subject, at, random)
        .text(&text, Charset::Utf8, Transfer::Seven)
        .attach("invoice.pdf", "application/pdf", &pdf(&["Haven Storage", &subject, "11.90"]))
        .build();
    all.push(SampleMail::new(if month % 3 == 0 { "INBOX" } else { "Archive" }, bytes, at, seen));

    let at = day(14, 17 * 60 + n_minutes(random))?;
    let (from, to) = *random.pick(JOURNEYS);
    let subject = format!("Ihre Fahrkarte {from} – {to}");
    let code: String = (0..6).map(|_| *random.pick(&['7', 'K', 'Q', '3', 'M', 'X', 'R', '9'])).collect();
    let text = format!(
        "Ihre Buchung {code}\n\n{from} ab 07:{:02}\n{to}\n\nWagen 7, Platz 42, Fenster, Ruhebereich\n",
        random.below(60)
    );
    let bytes = base("Rheinbahn Fernverkehr", "ticket@rheinbahn.example", &subject, at, random)
        .text(&text, Charset::Utf8, Transfer::Base64)
        .attach(&format!("Fahrkarte-{code}.pdf"), "application/pdf", &pdf(&[from, to, &code]))
        .build();
    all.push(SampleMail::new("INBOX", bytes, at, seen));

    let at = day(20, 9 * 60 + n_minutes(random))?;
    let count = 2 + random.below(30);
    let subject = format!("{count} people looked at your profile this month");
    let html = format!(
        "<p>Hello Nora,</p><p><b>{count}</b> couples looked at your profile in the last thirty days.</p>\
         <p><a href=\"https://brightday.example/profile\">See your figures</a></p>\
         <img src=\"https://brightday.example/open.gif?m={month}\" width=1 height=1 alt=\"\">"
    );
    let bytes = base("Bright Day", "news@brightday.example", &subject, at, random)
        .html(&html, Charset::Utf8, Transfer::Base64)
        .build();
    all.push(SampleMail::new("INBOX", bytes, at, seen));

    let at = day(26, 18 * 60 + n_minutes(random))?;
    let bytes = base("Volksbank am Markt", "auszug@volksbank-markt.example", "Ihr Kontoauszug liegt bereit", at, random)
        .text(
            "Guten Tag,\n\nin Ihrem Postfach liegt ein neuer Kontoauszug. Wir fragen Sie nie per E-Mail nach Ihrer PIN.\n",
            Charset::Windows1252,
            Transfer::Eight,
        )
        .build();
    all.push(SampleMail::new("INBOX", bytes, at, seen));
    Ok(())
}

fn appointment(now: Timestamp, n: i64, random: &mut Random) -> Outcome<SampleMail> {
    let at = ago(now, 10 + n * 61, 13 * 60 + n_minutes(random))?;
    let start = at.checked_add((9 * 24).hours())?;
    let stamp = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (summary, place) = *random.pick(&[
        ("Tax adviser, yearly talk", "Kanzlei Behrens"),
        ("Dentist", "Praxis Dr. Akin"),
        ("Proofs with Mira", "Studio"),
        ("Fire inspection of the courtyard", "Courtyard"),
    ]);
    let calendar = ics(
        &format!("meet-{n}@calendar.example"),
        summary,
        place,
        &stamp(start),
        &stamp(start.checked_add(1.hours())?),
    );
    let bytes = base("Calendar", "invite@calendar.example", &format!("Invitation: {summary}"), at, random)
        .text(&format!("{summary}\n{place}\n"), Charset::Utf8, Transfer::Seven)
        .alternative("text/calendar; method=REQUEST", &calendar, Charset::Utf8, Transfer::Seven)
        .build();
    Ok(SampleMail::new("INBOX", bytes, at, true))
}

fn base(name: &str, address: &str, subject: &str, at: Timestamp, random: &mut Random) -> MessageBuilder {
    MessageBuilder::new()
        .person("From", name, address, Charset::Utf8)
        .header("To", TO)
        .text_header("Subject", subject, Charset::Utf8)
        .date(at, 1)
        .header("Message-ID", format!("<{:016x}@mail.example>", random.bits()))
}

fn newsletter(title: &str, lead: &str, month: i64) -> String {
    format!(
        "<html><head><style>.b{{background:#f4efe6;padding:24px}} h1{{font-family:Georgia,serif}}</style></head><body>\n\
         <table width=\"600\" align=\"center\"><tr><td class=\"b\">\n\
         <p style=\"color:#888\">Contact Sheet, letter {}</p><h1>{title}</h1><p>{lead}</p>\n\
         <img src=\"https://contactsheet.example/img/{month}.jpg\" width=\"560\" alt=\"{title}\">\n\
         <p><a href=\"https://contactsheet.example/{month}\">Read it</a></p>\n\
         <p><small>You get this because you subscribed. <a href=\"https://contactsheet.example/leave\">Leave</a></small></p>\n\
         </td></tr></table></body></html>",
        112 - month
    )
}

fn n_minutes(random: &mut Random) -> i64 {
    i64::try_from(random.below(240)).unwrap_or(0)
}
