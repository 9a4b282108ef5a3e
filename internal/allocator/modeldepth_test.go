//go:build !race

package allocator

// shallower is by how many steps less the model is searched.
const shallower = 0
