"""Exports, plans and imports a timeline, and prints what it saw as JSON.

usage: program.py URL EMAIL PASSWORD MOVIE TITLE DATE NEW_TITLE
"""

import asyncio
import json
import sys
from typing import Any

from generated import Reelport
from generated.export_timeline import ExportTimelineMovieExportDataTimeline
from generated.import_category import ImportCategoryImportCategory
from generated.input_types import (
    CategoryInput,
    ImportCategoryInput,
    ImportOptionsInput,
    TimelineEventInput,
    TimelineInput,
)


async def program(
    url: str, email: str, password: str, movie: str, title: str, date: str, new_title: str
) -> dict[str, Any]:
    async with Reelport(f"{url}/graphql") as client:
        token = (await client.log_in(email, password)).login.access_token

    async with Reelport(f"{url}/graphql", headers={"Authorization": f"Bearer {token}"}) as client:
        exported = (await client.export_timeline(movie)).movie_export
        assert exported is not None
        timeline = exported.data
        assert isinstance(timeline, ExportTimelineMovieExportDataTimeline)

        async def import_events(
            events: list[TimelineEventInput], options: ImportOptionsInput
        ) -> ImportCategoryImportCategory:
            data = CategoryInput(timeline=TimelineInput(events=events))
            input = ImportCategoryInput(movieId=movie, data=data, options=options)
            return (await client.import_category(input)).import_category

        edited = [
            TimelineEventInput(id=timeline.events[0].id, title=title),
            TimelineEventInput(date=date, title=new_title),
        ]
        planned = await import_events(edited, ImportOptionsInput(dryRun=True))
        assert planned.plan is not None
        digest = planned.plan.digest
        imported = await import_events(edited, ImportOptionsInput(expectedPlan=digest))
        assert imported.movie_export is not None
        repeated = await import_events(edited, ImportOptionsInput())
        refused = await import_events(
            [TimelineEventInput(title="Without a date")], ImportOptionsInput()
        )

    changes = [{"path": change.path, "op": change.op} for change in planned.plan.changes]
    errors = [{"path": error.path, "code": error.code} for error in refused.user_errors]
    revision = imported.movie_export.metadata.revision
    return {
        "fileName": exported.file_name,
        "dates": [event.date for event in timeline.events],
        "revision": exported.metadata.revision,
        "planned": {"status": planned.status, "digest": digest, "changes": changes},
        "imported": {"status": imported.status, "revision": revision},
        "repeated": {"status": repeated.status},
        "refused": {"status": refused.status, "errors": errors},
    }


print(json.dumps(asyncio.run(program(*sys.argv[1:]))))
