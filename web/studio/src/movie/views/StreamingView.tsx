import { money, region } from "../../messages/format.ts";
import { t } from "../../messages/index.ts";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";

/** By country, in the order in which the document names them. */
export function StreamingView({ data }: { data: DataOf<"Streaming"> }) {
  const regions = Map.groupBy(data.streamingOptions, (offer) => offer.region);
  return (
    <div className="regions">
      {[...regions].map(([code, offers]) => (
        <section key={code ?? ""} className="region">
          <h2>
            {code === null ? t.streaming.anywhere : region(code)}{" "}
            <span className="sub num">{t.number(offers.length)}</span>
          </h2>
          <ul>
            {offers.map((offer) => (
              <li key={offer.id} className="offer">
                <span className="name" dir="auto">
                  {offer.url === null ? (
                    offer.platform
                  ) : (
                    <a className="link" href={offer.url} target="_blank" rel="noreferrer noopener">
                      {offer.platform}
                    </a>
                  )}
                </span>
                <span className="offer-kind">
                  {t.streaming.types[offer.type]}
                  {offer.quality !== null && (
                    <span className="tag">{t.streaming.qualities[offer.quality]}</span>
                  )}
                  {offer.verified === true && (
                    <span className="tag add">{t.streaming.verified}</span>
                  )}
                </span>
                <span className="num offer-price">
                  {offer.price !== null && money(offer.price, offer.currency)}
                </span>
                <Origin of={offer.id} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
