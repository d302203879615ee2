/** What the rules refuse, and what they let pass. */
import { describe, expect, it } from 'vitest';
import { allows } from '../arguments/allowed.ts';
import { pathWords } from '../path-words.ts';
import { forbids } from '../arguments/forbidden.ts';
import { checkRules } from './check.ts';
import { defaultRules } from './defaults.ts';
import { screenCommand } from './screen.ts';

/** Words between spaces; what stands in `«»` is one. */
const argv = (line: string): string[] =>
  [...line.matchAll(/«([^»]*)»|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

const ruleOf = (line: string, input = false): string | undefined =>
  screenCommand(argv(line), { input }).refused?.rule;

describe('destroys files, file systems or the machine', () => {
  it.each([
    ['rm-recursive', 'rm -r x'],
    ['rm-recursive', 'rm -rf x'],
    ['rm-recursive', 'rm -fR x'],
    ['rm-recursive', 'rm x -r'],
    ['rm-recursive', 'rm --recursive x'],
    ['rm-recursive', 'rm --rec x'],
    ['rm-recursive', 'rm --r x'],
    ['rm-recursive', '/bin/rm -r x'],
    ['rm-recursive', '/usr/bin/../bin/rm -vrf x'],
    ['rm-recursive', 'RM -r x'],
    ['find-delete', 'find . -delete'],
    ['find-delete', 'find . -name x -delete'],
    ['git-clean', 'git clean -fdx'],
    ['overwrite', 'dd if=a of=b'],
    ['overwrite', 'dd'],
    ['overwrite', 'shred x'],
    ['make-filesystem', 'mkfs /dev/null'],
    ['make-filesystem', 'mkfs.ext4 x'],
    ['make-filesystem', 'wipefs x'],
    ['shutdown', 'shutdown now'],
    ['shutdown', 'reboot'],
    ['shutdown', 'poweroff'],
    ['shutdown', 'halt'],
    ['shutdown', 'init 0'],
    ['shutdown', 'systemctl poweroff'],
    ['shutdown', 'systemctl --no-wall reboot'],
    ['kill-all', 'kill -9 -1'],
    ['kill-all', 'killall node'],
    ['block-device', 'cp x /dev/sda'],
    ['block-device', 'tee /dev//nvme0n1'],
    ['block-device', 'cat --output=/dev/./mapper/x'],
    ['block-device', 'tool of=/dev/vda1'],
    ['block-device', 'tool -o/dev/vda1'],
    ['block-device', 'cp x /dev/../dev/sda'],
    ['block-device', 'cp x /tmp/../dev/./shm/../sda'],
    ['block-device', 'cp x /proc/self/root/dev/sda'],
    ['block-device', 'tee /sys/power/state'],
    ['kill-all', 'loginctl terminate-user x'],
    ['chmod-world-writable', 'chmod -R o=u x'],
    ['chmod-world-writable', 'chmod -R u-x,o-x+w x'],
    ['chmod-world-writable', 'chmod -R --reference=/tmp .'],
    ['chmod-world-writable', 'chmod -R 777 .'],
    ['chmod-world-writable', 'chmod 0777 --recursive .'],
    ['chmod-world-writable', 'chmod -Rv a+rwx .'],
    ['chmod-world-writable', 'chmod -R o+w .'],
    ['chmod-world-writable', 'chmod -R u=r,o=rwx .'],
    ['chmod-world-writable', 'chmod -R 1777 .'],
    ['take-ownership', 'chown -R nobody .'],
    ['schedule', 'crontab x'],
  ])('%s: %s', (rule, line) => expect(ruleOf(line)).toBe(rule));

  it.each([
    'rm x',
    'rm -f x',
    'chmod 777 x',
    'chmod -R 755 release-2',
    'chmod -R u+w .',
    'find . -name x',
    'git status',
    'git log --oneline -5',
    'ls -lR /x',
    'systemctl status x',
    'kill -9 123',
  ])('not %s', (line) => expect(ruleOf(line)).toBeUndefined());
});

describe('destroys things in clouds and clusters', () => {
  it.each([
    ['aws-destructive', 'aws ec2 terminate-instances --instance-ids i-1'],
    ['aws-destructive', 'aws --region eu ec2 terminate-instances'],
    ['aws-destructive', 'aws --debug --region=eu --profile p s3 rb s3://b'],
    ['aws-destructive', 'aws s3 rm s3://b/x'],
    ['aws-destructive', 'aws s3 sync a s3://b --delete'],
    ['aws-destructive', 'aws ecr batch-delete-image'],
    ['aws-destructive', 'aws kms schedule-key-deletion'],
    ['aws-destructive', 'aws sqs purge-queue'],
    ['aws-destructive', 'aws iam remove-user-from-group'],
    [
      'aws-destructive',
      'aws dynamodb batch-write-item --request-items «{"t":[{"DeleteRequest":{}}]}»',
    ],
    ['aws-destructive', 'aws s3 mv s3://a b'],
    ['aws-destructive', 'aws organizations close-account'],
    ['aws-destructive', 'aws iam deactivate-mfa-device'],
    ['aws-destructive', 'aws rds failover-db-cluster'],
    ['gcloud-destructive', 'gcloud sql instances restart x'],
    ['gcloud-destructive', 'gcloud compute instances suspend x'],
    ['az-destructive', 'az vm redeploy'],
    ['cloud-execution', 'aws configure set credential_process x'],
    ['cloud-execution', 'az extension add --source x'],
    ['cloud-execution', 'gcloud components list'],
    ['cloud-execution', 'gcloud --flags-file=x compute instances list'],
    ['terraform', 'terraform1.9 destroy'],
    ['terraform', 'terraform_1.9.8 apply'],
    ['terraform-execution', 'terragrunt output --terragrunt-tfpath x'],
    ['terraform-execution', 'terragrunt output --tf-path=x'],
    ['terraform-execution', 'terragrunt show --auth-provider-cmd x'],
    ['cluster-execution', 'kubectl get pods --kubeconfig=x'],
    ['cluster-execution', 'helm list --kubeconfig x'],
    ['cluster-execution', 'helm template x --post-renderer ./y'],
    ['cluster-execution', 'helm plugin install x'],
    ['cluster-execution', 'kubectl krew install x'],
    ['cluster-execution', 'kubectl config set-credentials x --exec-command=y'],
    ['docker-destructive', 'docker compose -f x up'],
    ['docker-destructive', 'docker buildx bake'],
    ['docker-execution', 'docker --config x ps'],
    ['remote-execution', 'aws ssm send-command'],
    ['gcloud-destructive', 'gcloud compute instances delete x'],
    ['gcloud-destructive', 'gcloud --project p --quiet projects delete x'],
    ['gcloud-destructive', 'gcloud storage rm gs://b'],
    ['gcloud-destructive', 'gsutil -m rm gs://b'],
    ['az-destructive', 'az group delete --name x'],
    ['az-destructive', 'az --verbose keyvault purge'],
    ['az-destructive', 'az rest --method DELETE --url x'],
    ['az-destructive', 'az vm deallocate'],
    ['terraform', 'terraform apply'],
    ['terraform', 'terraform destroy'],
    ['terraform', 'terraform -chdir=x destroy'],
    ['terraform', 'terraform -chdir show destroy'],
    ['terraform', 'terraform state rm x'],
    ['terraform', 'terraform state'],
    ['terraform', 'terraform'],
    ['terraform', 'terraform Show'],
    ['terraform', 'tofu apply -auto-approve'],
    ['terraform', 'terragrunt run-all destroy'],
    ['terraform', 'terragrunt --working-dir show destroy'],
    ['terraform', 'terragrunt exec -- rm x'],
    ['helm-uninstall', 'helm uninstall x'],
    ['helm-uninstall', 'helm -n x delete y'],
    ['helm-uninstall', 'helm --namespace=x un y'],
    ['kubectl-destructive', 'kubectl delete pod x'],
    ['kubectl-destructive', 'kubectl -n x delete pod y'],
    ['kubectl-destructive', 'kubectl --context c --namespace=n drain y'],
    ['kubectl-destructive', 'kubectl cordon x'],
    ['kubectl-destructive', 'kubectl exec x -- ls'],
    ['kubectl-destructive', 'kubectl replace --force -f x'],
    ['kubectl-destructive', 'oc delete project x'],
    ['eksctl-delete', 'eksctl delete cluster x'],
    ['anyscale-delete', 'anyscale cloud delete x'],
    ['docker-destructive', 'docker system prune'],
  ])('%s: %s', (rule, line) => expect(ruleOf(line)).toBe(rule));

  it.each([
    'aws ec2 describe-instances --region eu',
    'aws s3 ls',
    'gcloud compute instances list',
    'az group list',
    'terraform show',
    'terraform version',
    'terraform output -json',
    'terraform validate',
    'terraform fmt -check',
    'terraform state list',
    'terraform state show x',
    'terraform -chdir=x show',
    'tofu version',
    'terragrunt output',
    'terraform1.9 show',
    'kubectl --context c get pods -o wide',
    'helm --kube-context c list',
    'docker --context c ps',
    'kubectl get pods -n x',
    'kubectl -n x describe pod y',
    'helm list',
    'helm status x',
    'eksctl get cluster',
    'anyscale cloud list',
    'docker ps',
  ])('not %s', (line) => expect(ruleOf(line)).toBeUndefined());
});

describe('within another command', () => {
  it.each([
    ['rm-recursive', 'sh -c «rm -r x»'],
    ['rm-recursive', 'bash -ec «rm -r x»'],
    ['rm-recursive', 'bash -e -c «rm -r x»'],
    ['rm-recursive', 'bash --norc -o pipefail -c «rm -r x»'],
    ['rm-recursive', 'sh -ec «echo a; rm -r x»'],
    ['rm-recursive', 'sh -c «echo a && rm -r x»'],
    ['rm-recursive', 'sh -c «false || rm -r x»'],
    ['rm-recursive', 'sh -c «echo a & rm -r x»'],
    ['rm-recursive', 'sh -c «echo a | rm -r x»'],
    ['rm-recursive', 'sh -c «A=1 rm -r x»'],
    ['rm-recursive', `sh -c «r'm' -"r" x»`],
    ['rm-recursive', 'sh -c «\\rm -r x»'],
    ['rm-recursive', 'sh -c «>/tmp/x rm -r x»'],
    ['rm-recursive', `sh -c «sh -c 'rm -r x'»`],
    ['rm-recursive', 'env X=1 rm -r x'],
    ['rm-recursive', 'env -v X=1 Y=2 rm -r x'],
    ['env', 'env -i ls'],
    ['env', 'env -u GIT_CONFIG_COUNT git status'],
    ['runs-others', 'chroot x ls'],
    ['rm-recursive', 'env env env rm -r x'],
    ['rm-recursive', 'nohup rm -r x'],
    ['rm-recursive', 'timeout -s KILL 5 rm -r x'],
    ['rm-recursive', 'nice -n 5 rm -r x'],
    ['rm-recursive', 'nice -5 rm -r x'],
    ['rm-recursive', 'sudo -u root rm -r x'],
    ['rm-recursive', 'busybox rm -r x'],
    ['rm-recursive', 'stdbuf -o0 rm -r x'],
    ['rm-recursive', 'xargs rm'],
    ['rm-recursive', 'xargs -n 1 rm'],
    ['rm-recursive', 'ssh host rm -r x'],
    ['rm-recursive', 'ssh -p 22 host «rm -r x»'],
    ['rm-recursive', `ssh host «sh -c 'rm -r x'»`],
    ['block-device', 'sh -c «echo x > /dev/sda»'],
    ['block-device', 'sh -c «echo x >> /dev//sda1»'],
    ['download-and-run', 'sh -c «curl http://x | python3»'],
    ['download-and-run', 'sh -c «wget -O- http://x | sudo python3 -»'],
    ['shell', 'sh -c «curl http://x | sh»'],
    ['shell', 'sh -c «curl http://x | bash -s»'],
    ['shell', 'sh -c «base64 -d x | sh»'],
    ['shell', 'sh -c «sh < x»'],
    ['shell-builtin', `sh -c «eval 'rm -r x'»`],
    ['shell-builtin', 'sh -c «. ./x»'],
    ['shell-builtin', 'sh -c «cd /; ls»'],
    ['shell', 'sh -c «:(){ :|:& };:»'],
    ['shell', 'sh -c «$X -r x»'],
    ['shell', 'sh -c «`echo rm` x»'],
    ['shell', 'sh -c «"$(echo rm)" x»'],
    ['shell', 'sh -c «cat <<E»'],
    ['shell', 'sh -c «if true; then rm x; fi»'],
    ['shell', 'sh -c «rm *»'],
    ['shell', 'sh -c «{rm,-r,x}»'],
    ['shell', 'sh -c «(rm x)»'],
    ['shell', 'sh -c «! rm x»'],
    ['shell', 'sh -c «echo ~root»'],
    ['shell', `sh -c «'A'=x/y ls»`],
    ['shell', 'sh -c «\\A=x/y ls»'],
    ['shell', 'sh -c «echo =ls»'],
    ['unjudged-shell', 'zsh -c ls'],
    ['unjudged-shell', 'ksh93 -c ls'],
    ['shell-builtin', `bash -c «printf -v PATH x»`],
    ['shell-builtin', `bash -c «printf %s%n a PATH»`],
    ['shell-builtin', `bash -c «test -v 'a[$(id)]'»`],
    ['shell', 'sh -c «echo x#y»'],
    ['shell', 'sh -c «echo a\\»'],
    ['shell', 'sh -c «a ||»'],
    ['shell', 'sh -c «; a»'],
    ['shell', 'sh -c «echo >»'],
    ['shell', 'bash -c - «rm -r x»'],
    ['shell', 'sh -c + «rm -r x»'],
    ['shell', 'sh -lc ls'],
    ['shell', 'bash --login -c ls'],
    ['shell', 'bash -o rcquotes -c ls'],
    ['env', 'env - ls'],
    ['unjudged-shell', 'yash -c ls'],
    ['shell', 'sh -c «ls &> out rm -r y»'],
    ['shell', 'sh -c «ls &>> out»'],
    ['shell', 'sh -c «ls |& wc»'],
    ['shell', 'sh -c «ls >& out»'],
    ['variables', 'sh -c «SECONDS=a :»'],
    ['shell', `sh -c «A='a[$(id)]' :»`],
    ['shell-builtin', `bash -c «test x -a -v 'a[$(id)]'»`],
    ['shell', 'sh script'],
    ['shell', 'sh'],
    ['shell', 'sh -s'],
    ['shell', 'bash --rcfile x -c ls'],
    ['variables', 'env LD_PRELOAD=x ls'],
    ['variables', 'env PATH=. ls'],
    ['variables', 'sh -c «PATH=. ls»'],
    ['variables', 'sh -c «BASH_ENV=x sh -c ls»'],
    ['env', 'env -S «rm -r x»'],
    ['env', 'env --split-string=x'],
    ['timeout', 'timeout --unknown x rm x'],
    ['env', 'xargs env'],
    ['env', 'xargs env A=1'],
    ['timeout', 'xargs timeout 5'],
    ['xargs', 'xargs xargs'],
    ['xargs', 'xargs -I ls ls -r y'],
    ['xargs', 'xargs -I% sh -c «ls %»'],
    ['shell', 'xargs sh -c'],
    ['ssh', 'ssh host'],
    ['ssh', 'ssh host -v rm -r x'],
    ['remote-shell', 'ssh -oProxyCommand=x host ls'],
    ['kubectl-destructive', 'timeout 5 kubectl -n x delete pod y'],
    ['terraform', 'env A=1 terraform destroy'],
  ])('%s: %s', (rule, line) => expect(ruleOf(line)).toBe(rule));

  it.each([
    'sh -c «ls -l; grep x y | wc -l»',
    `sh -c «echo 'a b' "c d" > out»`,
    'env X=1 ls',
    'timeout 5 ls',
    'xargs wc -l',
    'ssh host uptime',
    'bash -ec «git status 2>&1»',
    `sh -c «echo 'rm -r x'»`,
    'sh -c «echo rm -r»',
  ])('not %s', (line) => expect(ruleOf(line)).toBeUndefined());
});

describe('makes common commands run others', () => {
  it.each([
    ['git-execution', 'git -c core.pager=x log'],
    ['git-execution', 'git -ccore.pager=x log'],
    ['git-execution', 'git -c alias.x=!sh x'],
    ['git-execution', 'git ls-remote --upload-pack=x y'],
    ['git-execution', 'git fetch --upload-p x y'],
    ['git-execution', 'git clone -u x y'],
    ['git-execution', 'git clone ext::sh'],
    ['git-execution', 'git rebase -x x'],
    ['git-execution', 'git grep -Ox y'],
    ['git-execution', 'git config alias.x !y'],
    ['git-execution', 'git submodule foreach x'],
    ['git-execution', 'git bisect run x'],
    ['tar-execution', 'tar --checkpoint=1 --checkpoint-action=exec=x -cf a b'],
    ['tar-execution', 'tar -I x -xf y'],
    ['tar-execution', 'tar xIf x y'],
    ['tar-execution', 'tar -xf y --to-c=x'],
    ['find-execution', 'find . -exec ls {} ;'],
    ['find-execution', 'find . -fprint x'],
    ['awk-execution', 'awk «BEGIN{system("x")}»'],
    ['awk-execution', 'awk «{print | "sh"}»'],
    ['awk-execution', 'mawk -f x'],
    ['sed-execution', 'sed «1e x» y'],
    ['sed-execution', 'sed -e --sandbox «1e x»'],
    ['interactive', 'vim x'],
    ['compiler-execution', 'gcc-12 -wrapper x'],
    ['interactive', 'vim9 x'],
    ['interactive', 'less x'],
    ['inline-program', 'python3 -c x'],
    ['inline-program', 'python3.11 -Bc x'],
    ['inline-program', 'perl -ne x'],
    ['inline-program', 'node --eval x'],
    ['inline-program', 'node --ev=x'],
    ['unjudged-shell', 'fish -c x'],
    ['rsync-execution', 'rsync -e x a b'],
    ['compress-execution', 'sort --compress-program=x y'],
    ['compress-execution', 'sort --comp x y'],
    ['compress-execution', 'zip a b -T -TT x'],
    ['compress-execution', 'rg --pre x y'],
    ['runs-others', 'parallel ls'],
    ['runs-others', '/lib64/ld-linux-x86-64.so.2 /bin/rm -r x'],
    ['build-tools', 'make'],
    ['package-managers', 'npx x'],
    ['package-scripts', 'npm run x'],
    ['wget-execution', 'wget --use-askpass=x y'],
    ['curl-files', 'curl -K x'],
    ['curl-files', 'curl file:///x/.{.}/y'],
    ['curl-files', 'curl -o #1/y https://x/{..}'],
    ['curl-files', 'curl -T «{"a":1,lin,x}{k}» https://x'],
    ['curl-files', 'curl -T [1,2]x https://x'],
    ['curl-files', 'curl file:///x/%{2e}%{2e}/y'],
    ['curl-files', 'curl -T lin[k-k] https://x'],
    ['git-alias', 'git mine'],
    ['git-alias', 'git -C x mine'],
    ['git-alias', 'git -C status mine'],
    ['git-execution', 'git log --outp=.git/config'],
    ['git-execution', 'git --work-tree .git checkout x'],
    ['git-execution', 'git log --help'],
    ['git-execution', 'git init --separate-git-dir=x y'],
    ['awk-execution', `awk --sandbox «BEGIN{system("x")}»`],
    ['database-shell', `sqlite3 a «vacuum into'x'»`],
    ['database-shell', 'psql -c «\\set x `id`»'],
    ['database-shell', 'mysql --plugin-dir=x --default-auth=y'],
    ['compiler-execution', 'gcc -Wl,-O1,-plugin,./x a.c'],
    ['compiler-execution', 'gcc -fuse-ld=./x a.c'],
    ['compiler-execution', 'rustc -Clinker=./x a.rs'],
    ['compiler-execution', 'rustc -C linker=./x a.rs'],
    ['compiler-execution', 'javac -processorpath x A.java'],
    ['capture-execution', 'svn --config-option config:tunnels:x=y ls'],
    ['ip-namespace', 'ip net exec x y'],
    ['ip-namespace', 'ip -bat x'],
    ['runs-others', 'openssl engine x'],
    ['runs-others', 'systemctl edit --stdin x'],
    ['runs-others', 'gh alias set x !y'],
    ['runs-others', 'busctl --address=unixexec:path=/bin/sh'],
    ['runs-others', 'smbclient -c «!x»'],
    ['runs-others', 'restic --password-command x snapshots'],
    ['runs-others', 'logrotate x'],
    ['runs-others', 'choom -n 0 -- x'],
    ['runs-others', 'tshark -X lua_script:x'],
    ['runs-others', 'nix run x'],
    ['awk-execution', 'mawk -W exec x'],
    ['awk-execution', 'gawk -Wfile=x'],
    ['runs-others', 'nm --plugin ./x.so y'],
    ['runs-others', 'm4 x'],
    ['runs-others', 'ldd ./x'],
  ])('%s: %s', (rule, line) => expect(ruleOf(line)).toBe(rule));

  it('what it is given to read, as a program', () => {
    expect(ruleOf('python3 x.py')).toBeUndefined();
    expect(ruleOf('python3 x.py', true)).toBe('download-and-run');
    expect(ruleOf('env python3', true)).toBe('download-and-run');
  });

  it.each([
    'awk «{print $1}» x',
    'awk -F, «{print $1}»',
    'sed --sandbox -n 1p x',
    'tar -tzf x.tgz',
    'tar xzf x.tgz',
    'git diff -U3',
    'git -C x --no-pager log',
    'git --version',
    'gawk --sandbox «BEGIN{print 1}»',
    'curl -d «{"a":[1]}» https://x/y',
    'curl http://[::1]:80/x',
    'curl -w %{http_code} https://x',
    'curl -d «payload={"a":[{"b":[1,2]}, []]}» https://x',
    'curl -d [1,2] https://x',
    'psql -c «select 1»',
    'gcc -Wl,-O1 -o x a.c',
    'ip addr show',
    'chmod -R u+w,g=u x',
    'git commit -m «fix!: it»',
    'sort -t, -k2 x',
    'rg x -n',
    'curl -sS https://x',
    'node x.js',
  ])('not %s', (line) => expect(ruleOf(line)).toBeUndefined());
});

it('judges a command by the names that are given for it, too', () => {
  const alsoNamed = new Map([['tidy', 'rm']]);
  expect(screenCommand(['tidy', '-r', 'x'], { alsoNamed }).refused?.rule).toBe('rm-recursive');
  expect(screenCommand(['sh', '-c', 'tidy -r x'], { alsoNamed }).refused?.rule).toBe(
    'rm-recursive',
  );
});

it('tells what is run and which files are touched', () => {
  const { commands, files } = screenCommand([
    'env',
    'A=1',
    'sh',
    '-c',
    'ls x | wc > out 2>&1 < in',
  ]);
  expect(commands).toEqual([
    ['env', 'A=1', 'sh', '-c', 'ls x | wc > out 2>&1 < in'],
    ['sh', '-c', 'ls x | wc > out 2>&1 < in'],
    ['ls', 'x'],
    ['wc'],
  ]);
  expect(files).toEqual([
    { path: 'out', writes: true },
    { path: 'in', writes: false },
  ]);
});

it('rules are data: copied through JSON they say the same, and an operator adds his own', () => {
  const rules = JSON.parse(JSON.stringify(defaultRules)) as typeof defaultRules;
  expect(rules).toEqual(defaultRules);
  const mine = {
    kind: 'refuse',
    name: 'mine',
    reason: 'it is loud',
    commands: ['say'],
    words: ['loud*'],
  } as const;
  expect(screenCommand(['say', 'loudly'], { rules: [...rules, mine] }).refused?.rule).toBe('mine');
  expect(screenCommand(['say', 'loudly']).refused).toBeUndefined();
});

it.each([
  ['a', 'no object'],
  [{ kind: 'deny', name: 'a', commands: ['b'] }, 'kind'],
  [{ kind: 'refuse', name: 'a', reason: '', commands: ['b'], option: ['-x'] }, '"option"'],
  [{ kind: 'refuse', name: 'a', reason: '', commands: [] }, 'commands'],
  [{ kind: 'refuse', name: 'a', reason: '', commands: ['b'], words: 'c' }, 'words'],
  [
    { kind: 'refuse', name: 'a', reason: '', commands: ['b'], matches: ['('] },
    'regular expression',
  ],
  [{ kind: 'runs', name: 'a', commands: ['b'], runs: 'anything' }, 'runs'],
])('%j is no rule', (rule, why) => {
  expect(() => checkRules([rule as never])).toThrow(why);
});

it('the default rules are rules', () => expect(() => checkRules(defaultRules)).not.toThrow());

it('no text makes it run long', () => {
  for (const text of ['o', 'a', '-', '/', '/.', ';a', "'", '\\', 'x=', '+', 'u,']) {
    const long = text.repeat(65_536 / text.length);
    for (const command of [
      'chmod',
      'curl',
      'gcc',
      'awk',
      'sqlite3',
      'aws',
      'git',
      'tar',
      'kill',
      'rsync',
      'x',
    ]) {
      screenCommand([command, '-R', long]);
    }
    screenCommand(['sh', '-c', long]);
    pathWords(long);
    pathWords(`-${long}`);
    forbids('--exec', [long], 0);
    forbids('*a*b*', [long], 0);
    expect(allows('--a*b*', long)).toBe(false);
  }
});

it('ends, however deep commands are within each other', () => {
  expect(screenCommand(Array.from({ length: 5000 }, () => 'env')).refused?.rule).toBe('unreadable');
});
