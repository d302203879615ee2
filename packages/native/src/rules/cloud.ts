/** What destroys things in clouds and clusters. */
import type { CommandRule } from './types.ts';
import { words } from './words.ts';

const refuse = (rule: Omit<CommandRule, 'kind'>): CommandRule => ({ kind: 'refuse', ...rule });

/** Parts of verbs of the cloud command lines. */
const destroying =
  words(`delete deletion terminate remove removes destroy purge wipe erase nuke drop deregister deprovision
  deallocate decommission dispose disassociate detach revoke release reset reboot stop cancel abort abandon forget disable discard
  unregister unassign evict flush truncate empty expire retire shutdown kill rm rb rmdir del deny
  restart redeploy failover suspend close deactivate mv`);

/** Also where a version is part of the name. */
const terraforms = words(
  'terraform terragrunt tofu opentofu terraform0* terraform1* terraform-0* terraform-1* terraform_* tofu1* tofu-1* tofu_* tofuenv tfenv tf',
);

const clusters = words(
  'kubectl oc k3s k0s microk8s minikube kubecolor kubectl.* kubectl-* helm helm3 helmfile eksctl kops kubeadm k9s',
);

export const cloudRules: readonly CommandRule[] = [
  refuse({
    name: 'aws-destructive',
    reason: 'it destroys or stops things in AWS',
    commands: [
      'aws',
      'aws2',
      'aws_completer',
      'awslocal',
      'sam',
      'cdk',
      'copilot',
      'eb',
      'ecs-cli',
      's3cmd',
      's5cmd',
      'awscli',
    ],
    verbs: destroying,
  }),
  refuse({
    name: 'aws-destructive',
    reason: 'it deletes what the source does not have',
    commands: ['aws', 'aws2', 'awslocal'],
    options: ['--delete', '--force-delete-without-recovery', '--skip-final-snapshot'],
  }),
  refuse({
    name: 'aws-destructive',
    reason: 'it destroys things in AWS, by a request within its parameters',
    commands: ['aws', 'aws2', 'awslocal'],
    matches: ['"(?:Delete|Terminate|Remove|Purge)[A-Za-z]*"'],
  }),
  refuse({
    name: 'remote-execution',
    reason: 'it runs commands on other machines, which nobody judges',
    commands: ['aws', 'aws2', 'awslocal', 'gcloud', 'az'],
    words: words(
      'send-command start-session execute-command ssh scp run-command invoke-command cloud-shell ssm',
    ),
  }),
  refuse({
    name: 'gcloud-destructive',
    reason: 'it destroys or stops things in Google Cloud',
    commands: ['gcloud', 'gsutil', 'bq', 'firebase'],
    verbs: destroying,
  }),
  refuse({
    name: 'gsutil-delete',
    reason: 'it deletes what the source does not have',
    commands: ['gcloud', 'gsutil'],
    options: ['-d', '--delete-unmatched-destination-objects', '--delete-from'],
    words: ['rsync'],
  }),
  refuse({
    name: 'az-destructive',
    reason: 'it destroys or stops things in Azure',
    commands: ['az', 'azcopy', 'azd'],
    verbs: [...destroying, 'down'],
  }),
  refuse({
    name: 'other-clouds',
    reason: 'it destroys or stops things in a cloud',
    commands: words(
      'doctl linode-cli hcloud oci ibmcloud openstack scw vultr-cli flyctl fly heroku vercel netlify wrangler gh glab',
    ),
    verbs: destroying,
  }),
  refuse({
    name: 'terraform',
    reason: 'of it only version, show, output, validate, fmt, state list and state show may be run',
    commands: terraforms,
    only: [
      'version',
      '-version',
      '--version',
      '-v',
      'show',
      'output',
      'validate',
      'fmt',
      'state list',
      'state show',
    ],
  }),
  refuse({
    name: 'terraform-execution',
    reason: 'it runs a program that an option names',
    commands: terraforms,
    options: words(
      '--terragrunt-tfpath --tf-path --tfpath --terragrunt-auth-provider-cmd --auth-provider-cmd --terragrunt-source --source --plugin-dir',
    ),
  }),
  refuse({
    name: 'cloud-execution',
    reason: 'it takes options from a file, or says what is run later',
    commands: ['aws', 'aws2', 'awslocal', 'gcloud', 'az'],
    options: ['--flags-file'],
  }),
  refuse({
    name: 'cloud-execution',
    reason: 'it installs or configures what is run later',
    commands: ['aws', 'aws2', 'awslocal', 'gcloud', 'az'],
    words: words('configure components extension bicep'),
  }),
  refuse({
    name: 'cluster-execution',
    reason: 'it runs a program that an option, or the file that an option names, says',
    commands: clusters,
    options: words('--kubeconfig --post-renderer --exec-command --helm-binary'),
  }),
  refuse({
    name: 'cluster-execution',
    reason: 'it installs or configures what is run later',
    commands: clusters,
    words: words('plugin plugins krew set-credentials'),
  }),
  refuse({
    name: 'pulumi-destructive',
    reason: 'it changes or destroys what it manages',
    commands: ['pulumi', 'cdktf', 'crossplane', 'serverless', 'sls'],
    verbs: words('destroy delete remove rm up update import refresh cancel down'),
  }),
  refuse({
    name: 'helm-uninstall',
    reason: 'it removes what is installed in a cluster',
    commands: ['helm', 'helm3', 'helmfile'],
    verbs: words('uninstall delete del un destroy rollback remove rm'),
  }),
  refuse({
    name: 'kubectl-destructive',
    reason: 'it removes or empties things in a cluster, or runs commands in it',
    commands: words('kubectl oc k3s k0s microk8s minikube kubecolor kubectl.* kubectl-*'),
    verbs: words('delete drain cordon exec evict attach debug'),
  }),
  refuse({
    name: 'kubectl-destructive',
    reason: 'it removes what is there before it puts something in its place',
    commands: words('kubectl oc k3s microk8s'),
    options: ['--force', '--prune'],
  }),
  refuse({
    name: 'eksctl-delete',
    reason: 'it removes clusters or parts of them',
    commands: ['eksctl', 'kops', 'kind', 'k3d', 'kubeadm'],
    verbs: words('delete drain reset'),
  }),
  refuse({
    name: 'anyscale-delete',
    reason: 'it removes clouds or what runs in them',
    commands: ['anyscale'],
    verbs: words('delete terminate archive remove'),
  }),
  refuse({
    name: 'docker-destructive',
    reason: 'it removes containers, images or volumes, or runs commands in them',
    commands: words('docker podman nerdctl docker-compose podman-compose buildah crictl ctr'),
    verbs: words(
      'run exec create rm rmi prune kill stop remove delete destroy down import load cp up start restart build bake deploy scale plugin swarm',
    ),
  }),
  refuse({
    name: 'docker-execution',
    reason: 'it runs programs that the files of that directory name',
    commands: words('docker docker-compose'),
    options: ['--config'],
  }),
];
