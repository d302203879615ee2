/** What destroys files, file systems or a machine. */
import type { CommandRule } from './types.ts';
import { words } from './words.ts';

const refuse = (rule: Omit<CommandRule, 'kind'>): CommandRule => ({ kind: 'refuse', ...rule });

export const destructiveRules: readonly CommandRule[] = [
  refuse({
    name: 'rm-recursive',
    reason: 'it deletes directories with all that is in them',
    commands: ['rm', 'grm', 'srm'],
    options: ['-r', '-R', '--recursive', '--no-preserve-root'],
  }),
  refuse({
    name: 'find-delete',
    reason: 'it deletes whatever it finds',
    commands: ['find', 'gfind', 'fd', 'fdfind'],
    options: ['-delete'],
  }),
  refuse({
    name: 'git-clean',
    reason: 'it deletes files that no repository has',
    commands: ['git'],
    words: ['clean'],
  }),
  refuse({
    name: 'rsync-delete',
    reason: 'it deletes what the source does not have',
    commands: ['rsync', 'rclone'],
    matches: ['^--?(?:del|remove-source)', '^(?:delete|purge|deletefile|rmdirs?|cleanup)$'],
  }),
  refuse({
    name: 'overwrite',
    reason: 'it destroys the content of files or devices',
    commands: words('dd gdd shred gshred wipe srm'),
  }),
  refuse({
    name: 'make-filesystem',
    reason: 'it makes or destroys file systems, partitions or volumes',
    commands:
      words(`mkfs mkfs.* mke2fs mkswap mkntfs mkdosfs newfs newfs_* wipefs blkdiscard fdisk sfdisk cfdisk gdisk sgdisk parted
      partprobe badblocks hdparm nvme mdadm lvremove vgremove pvremove lvreduce cryptsetup dmsetup losetup diskutil`),
  }),
  refuse({
    name: 'destroy-pool',
    reason: 'it destroys storage pools',
    commands: ['zpool', 'zfs', 'btrfs'],
    verbs: words('destroy labelclear delete rollback remove'),
  }),
  refuse({
    name: 'shutdown',
    reason: 'it stops the machine',
    commands: words('shutdown reboot poweroff halt telinit init kexec pm-suspend pm-hibernate'),
  }),
  refuse({
    name: 'shutdown',
    reason: 'it stops the machine',
    commands: ['systemctl', 'loginctl', 'busctl', 'dbus-send', 'gdbus'],
    verbs: words(
      'poweroff reboot halt kexec suspend hibernate hybrid sleep isolate rescue emergency exit',
    ),
  }),
  refuse({
    name: 'kill-all',
    reason: 'it ends processes of others',
    commands: words('killall killall5 pkill fuser'),
  }),
  refuse({
    name: 'kill-all',
    reason: 'it ends processes of others',
    commands: ['loginctl'],
    verbs: ['terminate', 'kill'],
  }),
  refuse({
    name: 'kill-all',
    reason: 'it ends every process that it may signal',
    commands: ['kill'],
    matches: ['^-?-?0*1$'],
  }),
  refuse({
    name: 'block-device',
    reason: 'it names a device of the machine',
    commands: ['*'],
    words:
      words(`/dev/sd* /dev/hd* /dev/vd* /dev/xvd* /dev/nvme* /dev/mmcblk* /dev/dm-* /dev/mapper/* /dev/loop* /dev/disk/*
      /dev/rdisk* /dev/md* /dev/nbd* /dev/zd* /dev/zvol/* /dev/ram* /dev/sr* /dev/mem /dev/kmem /dev/port /dev/block/* /dev/bcache*
      */proc/sysrq-trigger */proc/sys/* /sys/power/* */sys/*/power/* */proc/*/root/dev/* */proc/*/root/sys/*`),
  }),
  refuse({
    name: 'chmod-world-writable',
    reason: 'it lets everybody write to a whole tree',
    commands: ['chmod', 'gchmod'],
    options: ['-R', '--recursive'],
    matches: [
      '^[0-7]*[2367]$',
      // Also after another one for the same, and what the owner or the group has.
      '(?:^|,)(?:(?=[ugo]*[oa])[ugoa]+)?(?:[-+=][rwxXst]*)*[+=](?:[rwxXst]*w|[ug])',
      // A mode that nobody sees.
      '^--ref',
    ],
  }),
  refuse({
    name: 'take-ownership',
    reason: 'it changes the owner of a whole tree',
    commands: ['chown', 'chgrp', 'gchown', 'gchgrp', 'setfacl', 'chattr'],
    options: ['-R', '--recursive'],
  }),
  refuse({
    name: 'schedule',
    reason: 'it leaves commands that run later',
    commands: words('at batch crontab atd systemd-run launchctl'),
  }),
];
