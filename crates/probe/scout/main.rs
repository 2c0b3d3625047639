//! The probe as a program of its own, for a container that shares the network of the one whose view is wanted. `build.rs` compiles it
//! with the standard library alone. Requests are the lines of its input up to an empty one; each is answered by a line.

#[path = "../../model/src/application_protocol.rs"]
mod application_protocol;
#[path = "../src/ask.rs"]
mod ask;
#[path = "../src/dns.rs"]
mod dns;
#[path = "../src/failure.rs"]
mod failure;
#[path = "../src/listening.rs"]
mod listening;
#[path = "../src/name.rs"]
mod name;
#[path = "../src/proc_net.rs"]
mod proc_net;
#[path = "../src/question.rs"]
mod question;
#[path = "../src/request.rs"]
mod request;
#[path = "../src/stream.rs"]
mod stream;
#[path = "../src/word.rs"]
mod word;

use application_protocol::ApplicationProtocol;
use failure::{Failure, FailureKind};
use listening::Listening;
use name::Files;
use question::{Answer, Credentials, Question};
use request::{Request, write_listening, write_reached};

fn main() {
    let lines = std::io::stdin().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let mut questions = Vec::new();
    for line in lines {
        match Request::read(&line) {
            Some(Request::Reach(question)) => questions.push(question),
            Some(Request::Listening) => {
                println!("{}", write_listening(&Listening::of_process("self").unwrap_or_default()));
            }
            None => eprintln!("a request that is not understood"),
        }
    }
    // The engine gives a container that shares another's network the same files.
    for reached in ask::ask_all(&questions, &Files::under("")) {
        println!("{}", write_reached(&reached));
    }
}
