// A bare stream: reads READS arrays and writes WRITES of them, element by element. No arithmetic worth the name, so that its
// time is what the memory, or the adapter's instruction rate, costs. Arrays beyond READS are not touched.

override READS: u32 = 4;
override WRITES: u32 = 3;
override WORKGROUP_SIZE: u32 = 256;
// vec4s that a lane works on, a workgroup's width apart.
override VECTORS: u32 = 1;
override GRID_WIDTH: u32 = 65535;

@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> e: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> f: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> g: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> h: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP_SIZE * VECTORS + lane;
  let count = arrayLength(&a);
  var step = 0u;
  loop {
    let i = first + step * WORKGROUP_SIZE;
    if (i < count) {
      touch(i);
    }
    continuing {
      step++;
      break if step >= VECTORS;
    }
  }
}

// Adds what is only read to everything that is written.
fn touch(i: u32) {
  var sum = vec4f();
  if (READS > 1 && WRITES < 2) { sum += b[i]; }
  if (READS > 2 && WRITES < 3) { sum += c[i]; }
  if (READS > 3 && WRITES < 4) { sum += d[i]; }
  if (READS > 4 && WRITES < 5) { sum += e[i]; }
  if (READS > 5) { sum += f[i]; }
  if (READS > 6) { sum += g[i]; }
  if (READS > 7) { sum += h[i]; }
  a[i] += sum;
  if (WRITES > 1) { b[i] += sum; }
  if (WRITES > 2) { c[i] += sum; }
  if (WRITES > 3) { d[i] += sum; }
  if (WRITES > 4) { e[i] += sum; }
}
