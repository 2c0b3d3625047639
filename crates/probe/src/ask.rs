//! One connection tried, or many at once.

use crate::{Answer, Failure, Files, Question, name, stream, word};
use std::net::SocketAddr;
use std::time::Instant;

/// Questions that are asked at once.
pub const AT_ONCE: usize = 16;

/// Asks all of them, a thread for each, and answers in their order.
pub fn ask_all(questions: &[Question], files: &Files) -> Vec<Result<Answer, Failure>> {
    let mut answers = Vec::with_capacity(questions.len());
    for some in questions.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let asked: Vec<_> = some.iter().map(|question| scope.spawn(|| ask(question, files))).collect();
            let heard = asked.into_iter().map(|thread| thread.join());
            answers.extend(heard.map(|answer| answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        });
    }
    answers
}

/// Finds it out. `files` is what the container's own files say about names.
///
/// # Errors
/// What stands in the way, and of which kind it is.
pub fn ask(question: &Question, files: &Files) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let addresses = name::resolve(question, files)?;
    let mut last = None;
    for address in addresses {
        let address = SocketAddr::new(address, question.port);
        match stream::Stream::connect(address, question.timeout).and_then(|stream| word::hear(question, stream)) {
            Ok(said) => return Ok(Answer { address, latency: begun.elapsed(), said }),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::no_such_name(&question.host, "it has no address")))
}
