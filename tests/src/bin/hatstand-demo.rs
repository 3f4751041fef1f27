//! `cargo xtask demo`: the app with the sample mailbox. Without a display it walks through the screens by itself.

use hatstand_tests::demo::Demo;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;

fn main() -> Outcome<()> {
    let tell = |what: &str| println!("{what}");
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let display = set("DISPLAY") || set("WAYLAND_DISPLAY");
    let mut demo = Demo::prepare(!display || !set("DBUS_SESSION_BUS_ADDRESS"), &tell)?;
    if display {
        return demo.show(&tell);
    }
    println!("There is no display here, so the app walks through its screens by itself.");
    demo.walk(&root().join("screenshots"), &tell)
}
