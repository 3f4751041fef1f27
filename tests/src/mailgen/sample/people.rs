//! Who writes to whom in the sample mailbox.

use super::super::Charset;

/// Somebody with an address.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// How the scripts call them.
    pub key: &'static str,
    /// Display name.
    pub name: &'static str,
    /// Address.
    pub address: &'static str,
    /// The charset their mail program likes.
    pub charset: Charset,
    /// Hours that their clock is ahead of UTC.
    pub hours_east: i8,
}

/// A contact of the demo's profile.
#[derive(Clone, Copy, Debug)]
pub struct SampleContact {
    /// Their key.
    pub key: &'static str,
    /// lead, client, prospect or other.
    pub kind: &'static str,
    /// Company; may be empty.
    pub company: &'static str,
}

/// A project of the demo's profile.
#[derive(Clone, Copy, Debug)]
pub struct SampleProject {
    /// Title.
    pub title: &'static str,
    /// Keys of its contacts.
    pub contacts: &'static [&'static str],
}

const fn person(
    key: &'static str,
    name: &'static str,
    address: &'static str,
    charset: Charset,
    hours_east: i8,
) -> Person {
    Person { key, name, address, charset, hours_east }
}

/// Everybody that the scripts name. The first is the user.
pub const PEOPLE: &[Person] = &[
    person("nora", "Nora Lind", "nora@noralind.example", Charset::Utf8, 1),
    person("amara", "Amara Okafor", "amara@okafor.example", Charset::Utf8, 1),
    person("tunde", "Tunde Bello", "tunde@bello.example", Charset::Utf8, 1),
    person("jonas", "Jonas Brandt", "jonas@brandt-keramik.example", Charset::Latin1, 1),
    person("lumen", "Clara Voss, Lumen Group", "clara.voss@lumen-group.example", Charset::Utf8, 1),
    person("ines", "Inès Moreau", "ines@moreau-events.example", Charset::Latin1, 1),
    person("lena", "Lena Meyer", "lena@meyer-weingut.example", Charset::Windows1252, 1),
    person("yuki", "佐藤由紀", "yuki@sato.example", Charset::Iso2022Jp, 9),
    person("agnieszka", "Agnieszka Wójcik", "agnieszka@wojcik.example", Charset::Latin2, 1),
    person("dmitri", "Дмитрий Соколов", "dmitri@sokolov.example", Charset::Koi8R, 3),
    person("layla", "ليلى حداد", "layla@haddad.example", Charset::Windows1256, 2),
    person("portal", "Bright Day", "enquiries@brightday.example", Charset::Utf8, 0),
    person("stranger1", "Kevin Web", "kevin@rank-higher.example", Charset::Utf8, 5),
    person("stranger2", "Parcel Service", "no-reply@parcel-desk.example", Charset::Utf8, 0),
    person("stranger3", "Jennifer", "jennifer.wed@post.example", Charset::Utf8, -5),
];

const fn contact(key: &'static str, kind: &'static str, company: &'static str) -> SampleContact {
    SampleContact { key, kind, company }
}

/// The contacts of the demo's profile.
pub const CONTACTS: &[SampleContact] = &[
    contact("amara", "client", ""),
    contact("tunde", "client", ""),
    contact("jonas", "client", "Brandt Keramik"),
    contact("lumen", "client", "Lumen Group"),
    contact("ines", "lead", "Moreau Events"),
    contact("lena", "client", ""),
    contact("yuki", "client", ""),
    contact("agnieszka", "client", ""),
    contact("dmitri", "prospect", ""),
    contact("layla", "client", ""),
];

const fn project(title: &'static str, contacts: &'static [&'static str]) -> SampleProject {
    SampleProject { title, contacts }
}

/// The projects of the demo's profile. Inès has none, and Clara two: their mail waits to be sorted.
pub const PROJECTS: &[SampleProject] = &[
    project("Okafor wedding", &["amara", "tunde"]),
    project("Brandt rebrand", &["jonas"]),
    project("Lumen annual report", &["lumen"]),
    project("Lumen spring issue", &["lumen"]),
    project("Meyer wedding", &["lena"]),
    project("Sato family portraits", &["yuki"]),
    project("Wójcik wedding", &["agnieszka"]),
    project("Sokolov golden anniversary", &["dmitri"]),
    project("Haddad engagement", &["layla"]),
];

/// The projects that are completed once their mail is in.
pub const COMPLETED: &[&str] = &["Meyer wedding"];

/// The person of a key.
pub fn person_of(key: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.key == key)
}
