/** What decides which layers an app gets. */
export interface Asked {
  readonly app: string;
  readonly environment: string;
  readonly cluster?: string | undefined;
  readonly host?: string | undefined;
  /** Folders of layers of all apps, in their order. */
  readonly folders: readonly string[];
  /** The folder of layers that come with the app. */
  readonly appFolder: string;
  readonly local?: boolean;
  readonly build?: boolean;
}

/** A layer that is looked for: the name of a file, without its ending, in a folder. */
export interface Source {
  readonly folder: string;
  readonly name: string;
}

/**
 * Every layer that an app may have, from the bottom up, in yoconfigurator's order; a layer that is not there is left out.
 * `@HOST` is ours, just below the overrides.
 */
export function sourcesOf(asked: Asked): readonly Source[] {
  const { app, environment, cluster, host, folders, appFolder } = asked;
  const building = asked.build === true;
  const isLocal = asked.local === true || building;
  const everywhere = (...names: readonly (string | false)[]) =>
    names.filter((name) => name !== false).flatMap((name) => folders.map((folder) => ({ folder, name })));
  const ofApp = (...names: readonly (string | false)[]) =>
    names.filter((name) => name !== false).map((name) => ({ folder: appFolder, name }));
  const around = (name: string) => [
    `${name}-${environment}`,
    cluster !== undefined && `${name}-${environment}-${cluster}`,
  ];
  const here = (name: string) => [isLocal && `${name}-local`, building && `${name}-build`];
  const onHost = (name: string) => host !== undefined && `${name}@${host}`;
  return once([
    ...everywhere("hostname", ...here("hostname")),
    ...everywhere("common", ...around("common"), ...here("common"), onHost("common"), "common-overrides"),
    ...ofApp(`${app}-default`, ...around(app)),
    ...everywhere(app, ...around(app)),
    ...ofApp(...here(app)),
    ...everywhere(...here(app), onHost(app), `${app}-overrides`),
  ]);
}

/** In an environment that is called `local`, two names are the same: a layer that is laid twice would double its lists. */
function once(sources: readonly Source[]): readonly Source[] {
  const seen = new Map(sources.toReversed().map((each) => [`${each.folder}\0${each.name}`, each]));
  return sources.filter((each) => seen.get(`${each.folder}\0${each.name}`) === each);
}
