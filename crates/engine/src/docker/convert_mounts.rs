//! `model::Mount` → the engine's two ways to mount: `Binds`, which make missing directories, and `Mounts`, which do not.

use super::convert_create::{Needs, namespace};
use crate::Error;
use bollard::models::{
    Mount as BollardMount, MountBindOptions, MountBindOptionsPropagationEnum as Propagation, MountImageOptions,
    MountTmpfsOptions, MountType, MountVolumeOptions,
};
use evenkeel_model::{ContainerSpec, Mount, MountSource};
use std::collections::HashMap;

/// Mounts as the engine takes them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mounts {
    /// `HostConfig.Binds`.
    pub(super) binds: Vec<String>,
    /// `HostConfig.Mounts`.
    pub(super) mounts: Vec<BollardMount>,
    /// `HostConfig.Tmpfs`.
    pub(super) tmpfs: HashMap<String, String>,
    /// `HostConfig.VolumesFrom`.
    pub(super) volumes_from: Vec<String>,
}

/// All mounts of a specification.
pub(super) fn mounts(spec: &ContainerSpec, needs: &Needs<'_>) -> Result<Mounts, Error> {
    let mut mounts = Mounts::default();
    for mount in &spec.mounts {
        add(&mut mounts, mount, needs)?;
    }
    for from in &spec.volumes_from {
        let source = namespace(Some(&from.from), "volumes_from", needs)?.unwrap_or_default();
        let source = source.strip_prefix("container:").unwrap_or(&source);
        mounts.volumes_from.push(format!("{source}:{}", if from.read_only { "ro" } else { "rw" }));
    }
    Ok(mounts)
}

fn add(mounts: &mut Mounts, mount: &Mount, needs: &Needs<'_>) -> Result<(), Error> {
    let plain = |typ: MountType, source: Option<String>| BollardMount {
        target: Some(mount.target.clone()),
        source,
        typ: Some(typ),
        read_only: Some(mount.read_only),
        ..BollardMount::default()
    };
    match &mount.source {
        MountSource::Volume { name, no_copy: false, subpath: None } if !mount.target.contains(':') => {
            // Without options the older way, as Compose: it is what people look for in an inspection.
            mounts.binds.push(format!("{name}:{}:{}", mount.target, access(mount)));
        }
        MountSource::Volume { name, no_copy, subpath } => {
            if subpath.is_some() {
                needs.api(45, &format!("the subpath of the volume at {}", mount.target))?;
            }
            let options = MountVolumeOptions {
                no_copy: no_copy.then_some(true),
                subpath: subpath.clone(),
                ..MountVolumeOptions::default()
            };
            let volume_options = (options != MountVolumeOptions::default()).then_some(options);
            mounts.mounts.push(BollardMount { volume_options, ..plain(MountType::VOLUME, Some(name.to_string())) });
        }
        MountSource::Anonymous => mounts.mounts.push(plain(MountType::VOLUME, None)),
        MountSource::AnonymousUnfilled => {
            let unfilled = MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() };
            mounts.mounts.push(BollardMount { volume_options: Some(unfilled), ..plain(MountType::VOLUME, None) });
        }
        MountSource::Bind { path, create_host_path, propagation, selinux, recursive } => {
            let by_name = (*create_host_path || selinux.is_some()) && recursive.is_none();
            if by_name && !path.contains(':') && !mount.target.contains(':') {
                let mut bind = format!("{path}:{}:{}", mount.target, access(mount));
                for option in [selinux, propagation].into_iter().flatten() {
                    bind.push(',');
                    bind.push_str(option);
                }
                mounts.binds.push(bind);
                return Ok(());
            }
            if *create_host_path {
                needs.api(43, &format!("making the missing directory {path} with these options"))?;
            }
            let options = MountBindOptions {
                propagation: propagation.as_deref().map(|word| propagation_mode(word, needs)).transpose()?,
                create_mountpoint: create_host_path.then_some(true),
                ..recursion(recursive.as_deref(), needs)?
            };
            let bind_options = (options != MountBindOptions::default()).then_some(options);
            mounts.mounts.push(BollardMount { bind_options, ..plain(MountType::BIND, Some(path.clone())) });
        }
        MountSource::Tmpfs { size_bytes, mode, options: Some(raw) } => {
            let mut options: Vec<String> = Some(raw.clone()).filter(|raw| !raw.is_empty()).into_iter().collect();
            options.extend(mount.read_only.then(|| "ro".to_owned()));
            options.extend(size_bytes.map(|size| format!("size={size}")));
            options.extend(mode.map(|mode| format!("mode={mode:o}")));
            mounts.tmpfs.insert(mount.target.clone(), options.join(","));
        }
        MountSource::Tmpfs { size_bytes, mode, options: None } => {
            let options = MountTmpfsOptions { size_bytes: *size_bytes, mode: mode.map(i64::from), options: None };
            let tmpfs_options = (options != MountTmpfsOptions::default()).then_some(options);
            mounts.mounts.push(BollardMount { tmpfs_options, ..plain(MountType::TMPFS, None) });
        }
        MountSource::Image { image, subpath } => {
            needs.api(48, &format!("the image mounted at {}", mount.target))?;
            let image_options = subpath.clone().map(|subpath| MountImageOptions { subpath: Some(subpath) });
            mounts.mounts.push(BollardMount { image_options, ..plain(MountType::IMAGE, Some(image.to_string())) });
        }
    }
    Ok(())
}

fn access(mount: &Mount) -> &'static str {
    if mount.read_only { "ro" } else { "rw" }
}

fn propagation_mode(word: &str, needs: &Needs<'_>) -> Result<Propagation, Error> {
    match word {
        "private" => Ok(Propagation::PRIVATE),
        "rprivate" => Ok(Propagation::RPRIVATE),
        "shared" => Ok(Propagation::SHARED),
        "rshared" => Ok(Propagation::RSHARED),
        "slave" => Ok(Propagation::SLAVE),
        "rslave" => Ok(Propagation::RSLAVE),
        other => Err(needs.refuse(&format!("`{other}` is no propagation of a bind"))),
    }
}

/// Compose's `recursive` of a bind, as its own client maps it.
fn recursion(word: Option<&str>, needs: &Needs<'_>) -> Result<MountBindOptions, Error> {
    let mut options = MountBindOptions::default();
    match word {
        None | Some("enabled") => {}
        Some("disabled") => options.non_recursive = Some(true),
        Some("writable") => {
            needs.api(44, "`recursive: writable` of a bind")?;
            options.read_only_non_recursive = Some(true);
        }
        Some("readonly") => {
            needs.api(44, "`recursive: readonly` of a bind")?;
            options.read_only_force_recursive = Some(true);
        }
        Some(other) => return Err(needs.refuse(&format!("`{other}` is no value of a bind's `recursive`"))),
    }
    Ok(options)
}
