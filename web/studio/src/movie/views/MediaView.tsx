import { useState } from "react";
import { t } from "../../messages/index.ts";
import { Button } from "../../ui/controls.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Picture } from "../../ui/Picture.tsx";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";
import { SourceLink } from "./TimelineView.tsx";

interface Shown {
  url: string;
  title: string;
}

const FILMS = new Set(["TRAILER", "TEASER", "CLIP"]);
const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url);

export function MediaView({ data }: { data: DataOf<"Media"> }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const pictures = data.gallery.filter(({ kind }) => !FILMS.has(kind));
  const films = data.gallery.filter(({ kind }) => FILMS.has(kind));
  const mains = [
    { url: data.posterUrl, title: t.media.poster, field: "/poster_url", className: "tile-poster" },
    {
      url: data.backdropUrl,
      title: t.media.backdrop,
      field: "/backdrop_url",
      className: "tile-backdrop",
    },
  ];
  return (
    <div className="media">
      <div className="media-mains">
        {mains.map(({ url, title, field, className }) =>
          url === null ? null : (
            <Tile
              key={field}
              url={url}
              title={title}
              origin={field}
              className={className}
              onOpen={setShown}
            />
          ),
        )}
      </div>
      {(data.trailerUrl !== null || films.length > 0) && (
        <ul className="films">
          {data.trailerUrl !== null && (
            <Film url={data.trailerUrl} title={t.media.trailer} origin="/trailer_url" />
          )}
          {films.map((film) => (
            <Film
              key={film.id}
              url={film.url}
              title={film.caption ?? t.media.kinds[film.kind]}
              origin={film.id}
            />
          ))}
        </ul>
      )}
      {pictures.length > 0 && (
        <section>
          <h2>
            {t.media.gallery} <span className="sub num">{t.number(pictures.length)}</span>
          </h2>
          <div className="gallery">
            {pictures.map(({ id, url, kind, caption, language }) => (
              <Tile
                key={id}
                url={url}
                title={caption ?? t.media.kinds[kind]}
                note={[t.media.kinds[kind], language].filter(Boolean).join(" · ")}
                origin={id}
                className={kind === "POSTER" ? "tile-poster" : "tile-backdrop"}
                onOpen={setShown}
              />
            ))}
          </div>
        </section>
      )}
      <Dialog
        title={shown?.title ?? ""}
        isOpen={shown !== null}
        onClose={() => setShown(null)}
        isWide
      >
        {shown !== null && (
          <>
            <Picture url={shown.url} alt={shown.title} className="light-box" />
            <SourceLink url={shown.url} text={`${t.media.open}: ${hostOf(shown.url)}`} />
            <DialogActions>
              <Button onPress={() => setShown(null)}>{t.common.close}</Button>
            </DialogActions>
          </>
        )}
      </Dialog>
    </div>
  );
}

interface TileProps {
  url: string;
  title: string;
  note?: string;
  origin: string;
  className: string;
  onOpen: (shown: Shown) => void;
}

function Tile({ url, title, note, origin, className, onOpen }: TileProps) {
  return (
    <figure className={className}>
      <button
        type="button"
        className="tile"
        aria-label={title}
        onClick={() => onOpen({ url, title })}
      >
        <Picture url={url} alt="" className="tile-picture" />
      </button>
      <figcaption>
        <span dir="auto">{title}</span>
        <Origin of={origin} />
        <span className="sub" dir="auto">
          {note ?? hostOf(url)}
        </span>
      </figcaption>
    </figure>
  );
}

function Film({ url, title, origin }: { url: string; title: string; origin: string }) {
  return (
    <li className="film">
      <Icon name="play" />
      <a className="link" href={url} target="_blank" rel="noreferrer noopener" dir="auto">
        {title}
      </a>
      <span className="sub">{hostOf(url)}</span>
      <Origin of={origin} />
    </li>
  );
}
