// A page that has nothing but a notice, with a link to another page.
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Notice } from "./states.tsx";

interface PageNoticeProps {
  title: string;
  children: ReactNode;
  to: NonNullable<LinkProps["to"]>;
  /** The text of the link. */
  label: string;
}

export function PageNotice({ title, children, to, label }: PageNoticeProps) {
  return (
    <Notice
      level={1}
      title={title}
      actions={
        <Link to={to} className="button">
          {label}
        </Link>
      }
    >
      {children}
    </Notice>
  );
}
