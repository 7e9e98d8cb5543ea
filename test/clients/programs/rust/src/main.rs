//! The `kube` crate: a line of JSON for each operation.

use std::{future::Future, time::Duration};

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use kube::{
    api::{Api, AttachParams, ListParams, LogParams, WatchEvent, WatchParams},
    Client,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Answer = Result<String, Box<dyn std::error::Error + Send + Sync>>;

async fn report(operation: &str, run: impl Future<Output = Answer>) {
    let (key, text) = match tokio::time::timeout(Duration::from_secs(20), run).await {
        Err(_) => ("error", "no answer in time".to_owned()),
        Ok(Ok(value)) => ("value", value),
        Ok(Err(error)) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(one) = cause {
                text += &format!(" / {one}");
                cause = one.source();
            }
            ("error", text)
        }
    };
    println!("{}", serde_json::json!({ "operation": operation, key: text }));
}

#[tokio::main]
async fn main() {
    let client = match Client::try_default().await {
        Ok(client) => client,
        Err(error) => {
            println!("{}", serde_json::json!({ "operation": "start", "error": format!("{error}: {error:?}") }));
            std::process::exit(1);
        }
    };
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "bulk");
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    report("get", async {
        let namespaces: Api<Namespace> = Api::all(client.clone());
        Ok(namespaces.get("default").await?.metadata.name.unwrap_or_default())
    })
    .await;
    report("list", async { Ok(maps.list(&ListParams::default()).await?.items.len().to_string()) }).await;
    report("watch", async {
        let mut events = maps.watch(&WatchParams::default(), "0").await?.boxed();
        for _ in 0..5 {
            match events.try_next().await? {
                Some(WatchEvent::Added(_)) => {}
                other => return Err(format!("unexpected event {other:?}").into()),
            }
        }
        Ok("5 events".into())
    })
    .await;
    report("logs", async {
        let follow = LogParams { follow: true, ..Default::default() };
        let mut lines = pods.log_stream("p", &follow).await?.lines();
        let mut line = String::new();
        for _ in 0..8 {
            line = lines.try_next().await?.ok_or("the log ended")?;
        }
        Ok(line)
    })
    .await;
    report("exec", async {
        let mut running = pods.exec("p", ["echo", "hello"], &AttachParams::default().container("c")).await?;
        let mut out = String::new();
        running.stdout().ok_or("no output")?.read_to_string(&mut out).await?;
        Ok(out.trim().to_owned())
    })
    .await;
    report("port-forward", async {
        let mut forward = pods.portforward("p", &[8080]).await?;
        let mut stream = forward.take_stream(8080).ok_or("no stream")?;
        stream.write_all(b"GET /x HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n").await?;
        // The stream stays open after the pod has closed its end.
        let mut text = String::new();
        let mut part = [0; 4096];
        while text.split("\r\n\r\n").nth(1).unwrap_or_default().is_empty() {
            match stream.read(&mut part).await? {
                0 => break,
                length => text += &String::from_utf8_lossy(&part[..length]),
            }
        }
        Ok(text.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned())
    })
    .await;
}
