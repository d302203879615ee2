/** The environment of a command: what the engine lets pass, without what decides which code runs. */
import type { EffectiveAuthority } from '@skill-engine/engine';
import { wildcard } from './arguments/wildcard.ts';
import { gitVariables } from './git.ts';

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Names that never pass, however they are listed: each can make a command run code of somebody's choice. */
const never = list(`
  LD_* DYLD_* _RLD* LIBPATH SHLIB_PATH GLIBC_TUNABLES GCONV_PATH LOCPATH NLSPATH HOSTALIASES
  PATH SHELL IFS ENV BASH_ENV BASH_FUNC_* BASHOPTS SHELLOPTS PS0 PS1 PS2 PS4 PROMPT_COMMAND SECONDS RANDOM SRANDOM OPTIND OPTERR LINENO HISTCMD BASHPID EPOCHSECONDS EPOCHREALTIME DIRSTACK CDPATH GLOBIGNORE EXECIGNORE
  ZDOTDIR FPATH INPUTRC FCEDIT READNULLCMD NULLCMD
  NODE_OPTIONS NODE_PATH NODE_REPL_* NODE_V8_COVERAGE BUN_INSPECT* BUN_OPTIONS
  PYTHONSTARTUP PYTHONPATH PYTHONHOME PYTHONINSPECT PYTHONBREAKPOINT PYTHONUSERBASE PYTHONWARNINGS PYTHONEXECUTABLE
  PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX
  PERL5* PERLLIB PERL_* RUBYOPT RUBYLIB RUBYSHELL GEM_HOME GEM_PATH BUNDLE_* LUA_INIT* LUA_PATH* LUA_CPATH* PHPRC PHP_INI_SCAN_DIR
  R_PROFILE* R_ENVIRON* R_LIBS* TCLLIBPATH AWKPATH AWKLIBPATH GUILE_LOAD* JULIA_LOAD* ERL_*FLAGS ERL_LIBS OCAMLRUNPARAM
  JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_*OPTIONS JAVA_OPTS CLASSPATH MAVEN_OPTS MAVEN_ARGS GRADLE_OPTS
  DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS CORECLR_* COR_* COMPLUS_*
  PAGER *_PAGER *PAGER EDITOR *_EDITOR VISUAL BROWSER *_ASKPASS LESSOPEN LESSCLOSE LESSKEY* LESS VIMINIT EXINIT MYVIMRC
  GIT_SSH* GIT_EXEC_PATH GIT_PROXY_COMMAND GIT_EXTERNAL_DIFF GIT_CONFIG* GIT_TEMPLATE_DIR GIT_ALLOW_PROTOCOL GIT_PROTOCOL_FROM_USER
  GIT_DIR GIT_COMMON_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE* GIT_ATTR* GIT_TRACE* GIT_REDIRECT*
  SVN_SSH CVS_RSH RSYNC_RSH RSYNC_CONNECT_PROG HGRCPATH HGEDITOR HGMERGE TAR_OPTIONS RMT GREP_OPTIONS ZIPOPT UNZIP
  MAKEFLAGS MAKEFILES GNUMAKEFLAGS MFLAGS CC CXX CPP LD AR GCC_EXEC_PREFIX COMPILER_PATH RUSTC* CARGO_*WRAPPER CARGO_*RUNNER
  GOFLAGS GOTOOLCHAIN GOENV NPM_CONFIG_* PIP_CONFIG_FILE TF_CLI_* TF_REATTACH* TERRAGRUNT_TFPATH TG_TF_PATH
  KUBECTL_EXTERNAL_DIFF KUBE_EDITOR ANSIBLE_CONFIG OPENSSL_CONF* OPENSSL_MODULES OPENSSL_ENGINES CURL_HOME WGETRC PSQLRC
  RIPGREP_CONFIG_PATH FZF_DEFAULT_* BAT_CONFIG_* BC_ENV_ARGS CLOUDSDK_PYTHON* AZURE_EXTENSION_DIR CCACHE_* DISTCC_* RUSTFLAGS RUSTDOCFLAGS
  ODBCINI ODBCSYSINI ODBCINSTINI SASL_PATH GS_OPTIONS GS_LIB VIM VIMRUNTIME XZ_OPT XZ_DEFAULTS UNZIPOPT PYTEST_* MODULE_PATH SSLKEYLOGFILE
  VK_*FILENAMES LIBGL_* OCL_ICD_*
  GTK_MODULES GTK_PATH GIO_*MODULE* GST_PLUGIN* GDK_PIXBUF_MODULE* QT_PLUGIN_PATH MAGICK_*PATH SKILL_ENGINE_*
`);

/** Families of which a name passes only where every list has exactly this name. */
const byNameOnly = list(`
  BASH* NODE_* BUN_* DENO_* PYTHON* RUBY* JAVA_* JDK_* DOTNET_* GIT_* SSH_* SUDO_* SYSTEMD_* CARGO_* RUSTUP_* GO* CGO_* PIP_* MAN* XDG_*
  TF_* TERRAGRUNT_* TG_* KUBE* HELM_* DOCKER_* CONTAINER_* ANSIBLE_* OPENSSL_* SSL_* GNUPGHOME HOME TMPDIR DISPLAY XAUTHORITY DBUS_*
  CLOUDSDK_* AZURE_CONFIG_DIR MYSQL_HOME PGSYSCONFDIR PGSERVICEFILE KRB5_* PWD OLDPWD _ BOTO_CONFIG
  AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE KUBECONFIG TERMINFO* TERMCAP MALLOC_* TZDIR
`);

const among = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => wildcard(pattern, name.toUpperCase()));

/** Whether no list lets the name pass. */
export const neverPasses = (name: string): boolean => among(never, name);

/** Whether a command line may not set it for what it runs. */
export const neverSet = (name: string): boolean => among(never, name) || among(byNameOnly, name);

/** Whether every list that decides has exactly this name, or it is in no family that asks for that. */
export function mayPass(name: string, authority: EffectiveAuthority): boolean {
  const { environment, credentials } = authority;
  // With a `=` in its name it would be another variable.
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) || neverPasses(name)) return false;
  if (credentials.some((one) => one.name === name && one.exposure === 'guest')) return true;
  if (!among(byNameOnly, name)) return true;
  return environment.layers.every(({ rule }) => rule.allowlist.includes(name));
}

/** What a command has in its environment, by name. */
export type Variables = Record<string, string>;

/**
 * The whole environment. Where several say something of a name, the last one counts; what cannot be changed comes last.
 *
 * @param own `home`: directory that stands for the home and for temporary files unless the authority lets others pass
 */
export function environmentOf(
  passed: readonly (readonly [string, string])[],
  own: {
    readonly path: string;
    readonly home: string;
    readonly mark: string;
    readonly git: boolean;
  },
): Variables {
  const variables = Object.create(null) as Variables;
  variables['HOME'] = own.home;
  variables['TMPDIR'] = own.home;
  variables['LANG'] = 'C.UTF-8';
  for (const [name, value] of passed) variables[name] = value;
  variables['PATH'] = own.path;
  if (own.git) Object.assign(variables, gitVariables);
  variables[executionMark] = own.mark;
  return variables;
}

/** By this variable, what a command left running is found. */
export const executionMark = 'SKILL_ENGINE_EXECUTION';
