/** What makes git run programs, or write its own configuration. */
import type { CommandRule } from './types.ts';
import { words } from './words.ts';

const refuse = (rule: Omit<CommandRule, 'kind'>): CommandRule => ({ kind: 'refuse', ...rule });
const runs = 'it runs other commands, which nobody judges';

export const gitRules: readonly CommandRule[] = [
  refuse({
    name: 'git-execution',
    reason: runs,
    commands: ['git'],
    options:
      words(`-c --config-env --exec-path --upload-pack --receive-pack --exec --open-files-in-pager --ext-diff --textconv --extcmd --template
      --config --tool --run --sign --gpg-sign --editor --help`),
  }),
  refuse({
    name: 'git-execution',
    reason:
      'it writes files by another name, its own configuration among them, which has programs to run',
    commands: ['git'],
    options: ['--output', '--work-tree', '--git-dir', '--separate-git-dir'],
  }),
  refuse({
    name: 'git-execution',
    reason: runs,
    commands: ['git'],
    words:
      words(`filter-branch bisect difftool mergetool daemon instaweb http-backend shell upload-pack receive-pack upload-archive hook config
      foreach ext::* fd::* send-email credential* remote-ext remote-fd fast-import submodule--helper maintenance
      checkout-index gui citool web--browse help`),
  }),
  refuse({
    name: 'git-execution',
    reason: runs,
    commands: ['git'],
    words: words('rebase grep difftool'),
    options: ['-x', '-O'],
  }),
  refuse({
    name: 'git-execution',
    reason: runs,
    commands: ['git'],
    words: words('clone fetch pull ls-remote fetch-pack archive'),
    options: ['-u'],
  }),
  refuse({
    name: 'git-alias',
    reason: 'it is no command of git, and a repository may say that it is a program',
    commands: ['git'],
    only: words(`add am annotate apply archive blame branch bundle cat-file check-attr check-ignore check-mailmap check-ref-format
      checkout cherry cherry-pick clean clone commit commit-graph commit-tree count-objects describe diff diff-files diff-index diff-tree
      fetch fmt-merge-msg for-each-ref format-patch fsck gc grep hash-object index-pack init log ls-files ls-remote ls-tree       merge merge-base merge-file merge-tree mktag mktree mv name-rev notes pack-objects pack-refs patch-id prune pull push
      range-diff read-tree rebase reflog remote repack replace reset restore rev-list rev-parse revert rm shortlog show show-branch
      show-index show-ref sparse-checkout stash status stripspace submodule switch symbolic-ref tag unpack-objects
      update-index update-ref var verify-commit verify-pack verify-tag version whatchanged worktree write-tree
      --version -v --html-path --man-path --info-path`),
    before: {
      flags: words(
        '-p --paginate -P --no-pager --bare --no-replace-objects --no-lazy-fetch --no-optional-locks --no-advice --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs',
      ),
      values: ['-C', '--namespace'],
    },
  }),
];
