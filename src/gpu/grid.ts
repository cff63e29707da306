/**
 * The two sides of a dispatch of `workgroups` workgroups, neither above `limit`. A kernel counts them with
 * `workgroup.y * GRID_WIDTH + workgroup.x`, where the override GRID_WIDTH is that same limit, and returns where the
 * count is past its work: the last row may be longer than needed.
 */
export function foldGrid(workgroups: number, limit: number): readonly [x: number, y: number] {
  return workgroups <= limit ? [workgroups, 1] : [limit, Math.ceil(workgroups / limit)];
}
