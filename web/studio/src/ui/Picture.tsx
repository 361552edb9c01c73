// A picture that a document links to. Its room is reserved; if the picture fails, or may not be
// shown, a placeholder stays in its place.
import { useState } from "react";
import { Icon, type IconName } from "./Icon.tsx";
import "./picture.css";

interface PictureProps {
  url: string | null | undefined;
  /** Empty if the text beside it says what it shows. */
  alt: string;
  className: string;
  icon?: IconName;
}

export function Picture({ url, alt, className, icon = "image" }: PictureProps) {
  const [failed, setFailed] = useState<string | null>(null);
  const isShown = typeof url === "string" && failed !== url;
  return (
    <span className={`picture ${className}`}>
      {isShown ? (
        <img
          src={url}
          alt={alt}
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setFailed(url)}
        />
      ) : (
        <span
          className="picture-none"
          {...(alt === "" ? { "aria-hidden": true } : { role: "img", "aria-label": alt })}
        >
          <Icon name={icon} />
        </span>
      )}
    </span>
  );
}
