//! `port`: where a service's port is published.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Failure, Outcome};
use evenkeel_wire::{Container, Port, Protocol, Service, routes};

/// Show where a port of a service is published
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel port web 80
  evenkeel port --protocol udp --index 2 dns 53")]
pub struct Args {
    /// tcp, udp or sctp
    #[arg(long, default_value = "tcp", value_name = "PROTOCOL", value_parser = protocol)]
    protocol: Protocol,
    /// The container's number; the first that publishes it unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The port inside the container
    #[arg(value_name = "PRIVATE_PORT")]
    port: u16,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let path = routes::fill(routes::SERVICE, &[&stack, &arguments.service]);
    let service: Service = context.client()?.get(&path, &()).await?;
    let found = find(&service.containers, arguments.index, arguments.port, arguments.protocol);
    let Some(port) = found else {
        let (port, service) = (arguments.port, &arguments.service);
        return Err(Failure::Failed {
            message: format!("port {port} of service `{service}` is not published"),
            help: Some(format!("`evenkeel ps {service}` shows whether it runs, and its addresses")),
        });
    };
    if context.output.json {
        context.output.document(port)?;
    } else {
        context.output.line(&std::net::SocketAddr::new(port.host_ip, port.published).to_string());
    }
    Ok(DONE)
}

fn find(containers: &[Container], index: Option<u32>, target: u16, protocol: Protocol) -> Option<&Port> {
    let place = |at: usize| index.is_none_or(|index| usize::try_from(index).is_ok_and(|index| index == at + 1));
    let chosen = containers.iter().enumerate().filter(|(at, _)| place(*at)).map(|(_, container)| container);
    let mut ports = chosen.flat_map(|container| &container.ports);
    ports.find(|port| port.target == target && port.protocol == protocol)
}

fn protocol(text: &str) -> Result<Protocol, String> {
    match text {
        "tcp" => Ok(Protocol::Tcp),
        "udp" => Ok(Protocol::Udp),
        "sctp" => Ok(Protocol::Sctp),
        other => Err(format!("`{other}` is not tcp, udp or sctp")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_wire::ServiceState;

    #[test]
    fn a_port_is_found_by_number_protocol_and_container() {
        let container = |published: u16| {
            let port = |protocol, target| Port { host_ip: [0, 0, 0, 0].into(), published, target, protocol };
            Container {
                container: String::new(),
                state: ServiceState::Running,
                since: None,
                created_at: None,
                started_at: None,
                exit_code: None,
                reason: None,
                last_words: None,
                ports: vec![port(Protocol::Tcp, 80), port(Protocol::Udp, 53)],
            }
        };
        let containers = [container(8001), container(8002)];
        for (index, target, protocol, published) in [
            (None, 80, Protocol::Tcp, Some(8001)),
            (Some(2), 80, Protocol::Tcp, Some(8002)),
            (Some(3), 80, Protocol::Tcp, None),
            (None, 53, Protocol::Tcp, None),
            (Some(2), 53, Protocol::Udp, Some(8002)),
        ] {
            let found = find(&containers, index, target, protocol).map(|port| port.published);
            assert_eq!(found, published, "{index:?} {target} {protocol:?}");
        }
    }
}
