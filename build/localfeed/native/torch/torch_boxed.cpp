// A C interface to libtorch small enough to bind by hand: operators are looked up by schema name and called boxed through the
// dispatcher, so that one function reaches all of them. Written against libtorch 1.13; valid for 2.x.
//
// Conventions: a tensor handle is a TensorImpl* that owns one reference, a null handle is an undefined tensor. No exception
// leaves a function: it returns its failure value and torch_boxed_error() then gives the message of the calling thread.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using TensorPtr = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
using GeneratorPtr = c10::intrusive_ptr<c10::GeneratorImpl>;
using Handle = c10::TensorImpl*;

thread_local std::string last_error;

// Runs body and turns any exception into the failure value.
template <typename T, typename F>
T guarded(T failure, F&& body) noexcept {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown native exception";
  }
  if (last_error.empty()) last_error = "native exception without a message";
  return failure;
}

// A counted reference to what a handle names; the handle stays valid.
at::Tensor borrow(Handle handle) {
  return handle == nullptr ? at::Tensor() : at::Tensor(TensorPtr::unsafe_reclaim_from_nonowning(handle));
}

Handle release(at::Tensor tensor) {
  return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

std::vector<at::Tensor> borrow_all(const Handle* handles, int64_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int64_t i = 0; i < count; i++) tensors.push_back(borrow(handles[i]));
  return tensors;
}

at::Generator borrow(c10::GeneratorImpl* handle) {
  return at::Generator(GeneratorPtr::unsafe_reclaim_from_nonowning(handle));
}

// Mirrors ArgumentKind and NativeArgument in the C# binding.
enum Kind : int32_t {
  kNone = 0,
  kTensor = 1,
  kInt = 2,
  kDouble = 3,
  kBool = 4,
  kIntList = 5,
  kTensorList = 6,
  kString = 7,
  kDevice = 8,
  kGenerator = 9,
  kDoubleList = 10,
  kOptionalTensorList = 11,
};

struct Argument {
  int64_t bits;    // the value, its bit pattern, or a pointer
  int32_t length;  // elements behind the pointer; a device's index
  int32_t kind;
};

struct Operator {
  c10::OperatorHandle handle;
  const c10::FunctionSchema* schema;
};

double as_double(int64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

c10::IValue to_ivalue(const Argument& a) {
  switch (a.kind) {
    case kNone:
      return c10::IValue();
    case kTensor:
      return c10::IValue(borrow(reinterpret_cast<Handle>(a.bits)));
    case kInt:
      return c10::IValue(a.bits);
    case kDouble:
      return c10::IValue(as_double(a.bits));
    case kBool:
      return c10::IValue(a.bits != 0);
    case kIntList:
      return c10::IValue(at::IntArrayRef(reinterpret_cast<const int64_t*>(a.bits), a.length));
    case kDoubleList:
      return c10::IValue(at::ArrayRef<double>(reinterpret_cast<const double*>(a.bits), a.length));
    case kTensorList: {
      c10::List<at::Tensor> list;
      list.reserve(a.length);
      for (auto* h = reinterpret_cast<const Handle*>(a.bits); list.size() < static_cast<size_t>(a.length); h++) list.push_back(borrow(*h));
      return c10::IValue(std::move(list));
    }
    case kOptionalTensorList: {
      // Built untyped, for the name of the optional type differs between versions.
      c10::impl::GenericList list(c10::OptionalType::ofTensor());
      list.reserve(a.length);
      for (auto* h = reinterpret_cast<const Handle*>(a.bits); list.size() < static_cast<size_t>(a.length); h++) {
        list.push_back(*h == nullptr ? c10::IValue() : c10::IValue(borrow(*h)));
      }
      return c10::IValue(std::move(list));
    }
    case kString:
      return c10::IValue(std::string(reinterpret_cast<const char*>(a.bits), a.length));
    case kDevice:
      return c10::IValue(c10::Device(static_cast<c10::DeviceType>(a.bits), static_cast<c10::DeviceIndex>(a.length)));
    case kGenerator:
      return c10::IValue(borrow(reinterpret_cast<c10::GeneratorImpl*>(a.bits)));
  }
  TORCH_CHECK(false, "argument kind ", a.kind, " is not known");
}

// Fills out with the results, tensor lists flattened. Returns how many there are; at most capacity of them are handed over.
int64_t from_stack(c10::Stack& stack, Argument* out, int64_t capacity) {
  int64_t count = 0;
  auto put = [&](int64_t bits, int32_t kind) {
    if (count < capacity) out[count] = {bits, 0, kind};
    count++;
  };
  auto put_tensor = [&](at::Tensor tensor) {
    if (count < capacity) {
      out[count] = {reinterpret_cast<int64_t>(release(std::move(tensor))), 0, kTensor};
    }
    count++;
  };
  for (auto& value : stack) {
    if (value.isTensor()) {
      put_tensor(std::move(value).toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) put_tensor(tensor);
    } else if (value.isInt()) {
      put(value.toInt(), kInt);
    } else if (value.isDouble()) {
      double d = value.toDouble();
      int64_t bits;
      std::memcpy(&bits, &d, sizeof bits);
      put(bits, kDouble);
    } else if (value.isBool()) {
      put(value.toBool(), kBool);
    } else {
      TORCH_CHECK(false, "a result of type ", value.tagKind(), " cannot be returned");
    }
  }
  return count;
}

}  // namespace

EXPORT const char* torch_boxed_error() { return last_error.c_str(); }

EXPORT const char* torch_boxed_libtorch_version() { return TORCH_VERSION; }

// ---- operators ----

// A handle for the process's lifetime, or null where this libtorch has no such operator.
EXPORT Operator* torch_boxed_find(const char* name, const char* overload) {
  return guarded<Operator*>(nullptr, [&] {
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    return new Operator{handle, &handle.schema()};
  });
}

// Calls with the leading count arguments given and the rest from the schema's defaults. Returns the number of results, or -1.
// More results than capacity are dropped; the caller sizes out for the operator and, for lists, by a bound it knows.
EXPORT int64_t torch_boxed_call(const Operator* op, const Argument* args, int32_t count, Argument* out, int32_t capacity) {
  return guarded<int64_t>(-1, [&] {
    const auto& declared = op->schema->arguments();
    TORCH_CHECK(count <= static_cast<int32_t>(declared.size()), op->schema->name(), " takes ", declared.size(), " arguments, not ", count);
    c10::Stack stack;
    stack.reserve(declared.size());
    for (int32_t i = 0; i < count; i++) stack.push_back(to_ivalue(args[i]));
    for (size_t i = count; i < declared.size(); i++) {
      const auto& fallback = declared[i].default_value();
      TORCH_CHECK(fallback.has_value(), op->schema->name(), ": argument ", declared[i].name(), " has no default");
      stack.push_back(*fallback);
    }
    op->handle.callBoxed(&stack);
    return from_stack(stack, out, capacity);
  });
}

// ---- tensors ----

EXPORT void torch_boxed_tensor_free(Handle tensor) {
  guarded<int>(0, [&] { return TensorPtr::reclaim(tensor), 0; });
}

// A further owning handle to the same tensor.
EXPORT Handle torch_boxed_tensor_share(Handle tensor) { return release(borrow(tensor)); }

// A tensor over memory that stays the caller's; release_owner(owner) is called once nothing uses it any more.
EXPORT Handle torch_boxed_tensor_from_memory(
    void* data, const int64_t* sizes, int32_t dim, int8_t dtype, void* owner, void (*release_owner)(void*)) {
  return guarded<Handle>(nullptr, [&] {
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(at::kCPU);
    return release(at::from_blob(data, at::IntArrayRef(sizes, dim), [=](void*) { release_owner(owner); }, options));
  });
}

EXPORT int64_t torch_boxed_tensor_dim(Handle tensor) {
  return guarded<int64_t>(-1, [&] { return tensor->dim(); });
}

EXPORT int32_t torch_boxed_tensor_sizes(Handle tensor, int64_t* out) {
  return guarded<int32_t>(-1, [&] {
    auto sizes = tensor->sizes();
    std::copy(sizes.begin(), sizes.end(), out);
    return 0;
  });
}

EXPORT int32_t torch_boxed_tensor_strides(Handle tensor, int64_t* out) {
  return guarded<int32_t>(-1, [&] {
    auto strides = tensor->strides();
    std::copy(strides.begin(), strides.end(), out);
    return 0;
  });
}

EXPORT int64_t torch_boxed_tensor_numel(Handle tensor) {
  return guarded<int64_t>(-1, [&] { return tensor->numel(); });
}

EXPORT int64_t torch_boxed_tensor_storage_offset(Handle tensor) {
  return guarded<int64_t>(-1, [&] { return tensor->storage_offset(); });
}

EXPORT int32_t torch_boxed_tensor_dtype(Handle tensor) {
  return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(c10::typeMetaToScalarType(tensor->dtype())); });
}

EXPORT int32_t torch_boxed_tensor_device(Handle tensor, int32_t* index) {
  return guarded<int32_t>(-1, [&] {
    auto device = tensor->device();
    *index = device.index();
    return static_cast<int32_t>(device.type());
  });
}

EXPORT int32_t torch_boxed_tensor_is_contiguous(Handle tensor) {
  return guarded<int32_t>(-1, [&] { return tensor->is_contiguous() ? 1 : 0; });
}

// The first element's address; null for an empty tensor too.
EXPORT void* torch_boxed_tensor_data(Handle tensor) {
  return guarded<void*>(nullptr, [&] { return borrow(tensor).data_ptr(); });
}

// ---- autograd ----

EXPORT int32_t torch_boxed_tensor_requires_grad(Handle tensor) {
  return guarded<int32_t>(-1, [&] { return tensor->requires_grad() ? 1 : 0; });
}

EXPORT int32_t torch_boxed_tensor_set_requires_grad(Handle tensor, int32_t value) {
  return guarded<int32_t>(-1, [&] { return borrow(tensor).set_requires_grad(value != 0), 0; });
}

EXPORT int32_t torch_boxed_tensor_is_leaf(Handle tensor) {
  return guarded<int32_t>(-1, [&] { return borrow(tensor).is_leaf() ? 1 : 0; });
}

EXPORT Handle torch_boxed_tensor_grad(Handle tensor) {
  return guarded<Handle>(nullptr, [&] { return release(borrow(tensor).grad()); });
}

EXPORT int32_t torch_boxed_tensor_set_grad(Handle tensor, Handle grad) {
  return guarded<int32_t>(-1, [&] { return borrow(tensor).mutable_grad() = borrow(grad), 0; });
}

EXPORT int32_t torch_boxed_backward(
    const Handle* roots, int32_t root_count, const Handle* grads, int32_t grad_count, int32_t retain_graph, int32_t create_graph,
    const Handle* inputs, int32_t input_count) {
  return guarded<int32_t>(-1, [&] {
    torch::autograd::backward(borrow_all(roots, root_count), borrow_all(grads, grad_count), retain_graph != 0, create_graph != 0,
                              borrow_all(inputs, input_count));
    return 0;
  });
}

EXPORT int32_t torch_boxed_grad(
    const Handle* outputs, int32_t output_count, const Handle* inputs, int32_t input_count, const Handle* grads, int32_t grad_count,
    int32_t retain_graph, int32_t create_graph, int32_t allow_unused, Handle* out) {
  return guarded<int32_t>(-1, [&] {
    auto result = torch::autograd::grad(borrow_all(outputs, output_count), borrow_all(inputs, input_count),
                                        borrow_all(grads, grad_count), retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (auto& tensor : result) *out++ = release(std::move(tensor));
    return 0;
  });
}

EXPORT int32_t torch_boxed_grad_enabled() { return at::GradMode::is_enabled() ? 1 : 0; }

EXPORT void torch_boxed_set_grad_enabled(int32_t enabled) { at::GradMode::set_enabled(enabled != 0); }

EXPORT int32_t torch_boxed_inference_mode_enabled() { return c10::InferenceMode::is_enabled() ? 1 : 0; }

EXPORT c10::InferenceMode* torch_boxed_inference_mode_enter(int32_t enabled) {
  return guarded<c10::InferenceMode*>(nullptr, [&] { return new c10::InferenceMode(enabled != 0); });
}

EXPORT void torch_boxed_inference_mode_leave(c10::InferenceMode* guard) { delete guard; }

// ---- random numbers ----

// A generator of the CPU, the only ones that TorchSharp 0.107 makes.
EXPORT c10::GeneratorImpl* torch_boxed_generator_new(uint64_t seed) {
  return guarded<c10::GeneratorImpl*>(nullptr, [&] { return at::detail::createCPUGenerator(seed).unsafeReleaseGeneratorImpl(); });
}

EXPORT c10::GeneratorImpl* torch_boxed_generator_default(int32_t device_type, int32_t device_index) {
  return guarded<c10::GeneratorImpl*>(nullptr, [&] {
    c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    at::Generator generator = at::globalContext().defaultGenerator(device);
    return generator.unsafeReleaseGeneratorImpl();
  });
}

EXPORT void torch_boxed_generator_free(c10::GeneratorImpl* generator) {
  guarded<int>(0, [&] { return GeneratorPtr::reclaim(generator), 0; });
}

EXPORT int32_t torch_boxed_generator_set_seed(c10::GeneratorImpl* generator, uint64_t seed) {
  return guarded<int32_t>(-1, [&] {
    auto g = borrow(generator);
    std::lock_guard<std::mutex> lock(g.mutex());
    g.set_current_seed(seed);
    return 0;
  });
}

EXPORT uint64_t torch_boxed_generator_seed(c10::GeneratorImpl* generator) {
  return guarded<uint64_t>(0, [&] { return borrow(generator).current_seed(); });
}

EXPORT Handle torch_boxed_generator_state(c10::GeneratorImpl* generator) {
  return guarded<Handle>(nullptr, [&] {
    auto g = borrow(generator);
    std::lock_guard<std::mutex> lock(g.mutex());
    return release(g.get_state());
  });
}

EXPORT int32_t torch_boxed_generator_set_state(c10::GeneratorImpl* generator, Handle state) {
  return guarded<int32_t>(-1, [&] {
    auto g = borrow(generator);
    std::lock_guard<std::mutex> lock(g.mutex());
    g.set_state(borrow(state));
    return 0;
  });
}

// Seeds the default generators of the CPU and of every CUDA device.
EXPORT int32_t torch_boxed_manual_seed(uint64_t seed) {
  return guarded<int32_t>(-1, [&] { return at::manual_seed(seed), 0; });
}

// ---- devices and threads ----

EXPORT int32_t torch_boxed_cuda_device_count() {
  return guarded<int32_t>(0, [&] { return torch::cuda::is_available() ? static_cast<int32_t>(torch::cuda::device_count()) : 0; });
}

EXPORT int32_t torch_boxed_cudnn_available() {
  return guarded<int32_t>(0, [&] { return torch::cuda::cudnn_is_available() ? 1 : 0; });
}

EXPORT int32_t torch_boxed_cuda_manual_seed(uint64_t seed, int32_t all) {
  return guarded<int32_t>(-1, [&] { return all != 0 ? torch::cuda::manual_seed_all(seed) : torch::cuda::manual_seed(seed), 0; });
}

EXPORT int32_t torch_boxed_cuda_synchronize(int32_t device_index) {
  return guarded<int32_t>(-1, [&] { return torch::cuda::synchronize(device_index), 0; });
}

EXPORT int32_t torch_boxed_get_num_threads() {
  return guarded<int32_t>(-1, [&] { return at::get_num_threads(); });
}

EXPORT int32_t torch_boxed_set_num_threads(int32_t threads) {
  return guarded<int32_t>(-1, [&] { return at::set_num_threads(threads), 0; });
}

EXPORT int32_t torch_boxed_get_num_interop_threads() {
  return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(at::get_num_interop_threads()); });
}

EXPORT int32_t torch_boxed_set_num_interop_threads(int32_t threads) {
  return guarded<int32_t>(-1, [&] { return at::set_num_interop_threads(threads), 0; });
}
