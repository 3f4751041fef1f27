//! A name server on loopback.

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{MX, SRV};
use hickory_proto::rr::{Name, RData, Record};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

pub(super) struct DnsServer {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl DnsServer {
    /// Knows these records. Every other name does not exist.
    pub(super) async fn knows(records: Vec<(&str, RData)>) -> Self {
        let records: Vec<(Name, RData)> =
            records.into_iter().map(|(name, data)| (Name::from_ascii(name).unwrap(), data)).collect();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut packet = [0; 4096];
            loop {
                let (length, from) = socket.recv_from(&mut packet).await.unwrap();
                let query = Message::from_vec(&packet[..length]).unwrap();
                heard.lock().unwrap().extend(query.queries.iter().map(|query| query.name().to_ascii()));
                socket.send_to(&answer(&query, &records), from).await.unwrap();
            }
        });
        Self { address, asked, task }
    }

    /// The names that were asked for, each once, sorted.
    pub(super) fn asked(&self) -> Vec<String> {
        let mut names = self.asked.lock().unwrap().clone();
        names.sort();
        names.dedup();
        names
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(query: &Message, records: &[(Name, RData)]) -> Vec<u8> {
    let mut reply = Message::new(query.metadata.id, MessageType::Response, query.metadata.op_code);
    reply.metadata.recursion_desired = true;
    reply.metadata.recursion_available = true;
    let mut exists = false;
    for query in &query.queries {
        reply.add_query(query.clone());
        for (name, data) in records.iter().filter(|(name, _)| name == query.name()) {
            exists = true;
            if data.record_type() == query.query_type() {
                reply.add_answer(Record::from_rdata(name.clone(), 60, data.clone()));
            }
        }
    }
    if !exists {
        reply.metadata.response_code = ResponseCode::NXDomain;
    }
    reply.to_vec().unwrap()
}

pub(super) fn srv(priority: u16, weight: u16, port: u16, target: &str) -> RData {
    RData::SRV(SRV::new(priority, weight, port, Name::from_ascii(target).unwrap()))
}

pub(super) fn mx(preference: u16, exchange: &str) -> RData {
    RData::MX(MX::new(preference, Name::from_ascii(exchange).unwrap()))
}
