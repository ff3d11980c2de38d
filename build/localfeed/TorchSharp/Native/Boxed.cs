using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>The functions of torch_boxed.cpp. Those that answer at once skip the garbage collector's transition.</summary>
internal static unsafe partial class Boxed
{
    private const string Library = LibraryResolver.LibraryName;

    static Boxed() => LibraryResolver.Register();

    /// <summary>Throws what TorchSharp throws for a native error, with libtorch's message.</summary>
    [DoesNotReturn]
    public static void ThrowLastError() => throw new ExternalException(Marshal.PtrToStringUTF8(Error()));

    /// <summary>Throws unless a function that answers -1 on failure succeeded.</summary>
    public static int Check(int result)
    {
        if (result < 0)
            ThrowLastError();
        return result;
    }

    /// <inheritdoc cref="Check(int)"/>
    public static long Check(long result)
    {
        if (result < 0)
            ThrowLastError();
        return result;
    }

    /// <summary>Throws unless a function that answers null on failure succeeded.</summary>
    public static nint CheckPointer(nint result)
    {
        if (result == 0)
            ThrowLastError();
        return result;
    }

    [LibraryImport(Library, EntryPoint = "torch_boxed_error")]
    private static partial nint Error();

    [LibraryImport(Library, EntryPoint = "torch_boxed_libtorch_version")]
    public static partial nint LibtorchVersion();

    [LibraryImport(Library, EntryPoint = "torch_boxed_find", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Find(string name, string overload);

    [LibraryImport(Library, EntryPoint = "torch_boxed_call")]
    public static partial long Call(nint op, NativeArgument* arguments, int count, NativeArgument* results, int capacity);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_free")]
    public static partial void TensorFree(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_share")]
    [SuppressGCTransition]
    public static partial nint TensorShare(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_from_memory")]
    public static partial nint TensorFromMemory(
        void* data, long* sizes, int dim, sbyte dtype, nint owner, delegate* unmanaged<nint, void> releaseOwner);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_dim")]
    [SuppressGCTransition]
    public static partial long TensorDim(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_sizes")]
    [SuppressGCTransition]
    public static partial int TensorSizes(nint tensor, long* sizes);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_strides")]
    [SuppressGCTransition]
    public static partial int TensorStrides(nint tensor, long* strides);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_numel")]
    [SuppressGCTransition]
    public static partial long TensorNumel(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_storage_offset")]
    [SuppressGCTransition]
    public static partial long TensorStorageOffset(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_dtype")]
    [SuppressGCTransition]
    public static partial int TensorDtype(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_device")]
    [SuppressGCTransition]
    public static partial int TensorDevice(nint tensor, int* index);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_is_contiguous")]
    [SuppressGCTransition]
    public static partial int TensorIsContiguous(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_data")]
    public static partial nint TensorData(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_requires_grad")]
    [SuppressGCTransition]
    public static partial int TensorRequiresGrad(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_set_requires_grad")]
    public static partial int TensorSetRequiresGrad(nint tensor, int value);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_is_leaf")]
    public static partial int TensorIsLeaf(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_grad")]
    public static partial nint TensorGrad(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_boxed_tensor_set_grad")]
    public static partial int TensorSetGrad(nint tensor, nint grad);

    [LibraryImport(Library, EntryPoint = "torch_boxed_backward")]
    public static partial int Backward(
        nint* roots, int rootCount, nint* grads, int gradCount, int retainGraph, int createGraph, nint* inputs, int inputCount);

    [LibraryImport(Library, EntryPoint = "torch_boxed_grad")]
    public static partial int Grad(
        nint* outputs, int outputCount, nint* inputs, int inputCount, nint* grads, int gradCount,
        int retainGraph, int createGraph, int allowUnused, nint* results);

    [LibraryImport(Library, EntryPoint = "torch_boxed_grad_enabled")]
    [SuppressGCTransition]
    public static partial int GradEnabled();

    [LibraryImport(Library, EntryPoint = "torch_boxed_set_grad_enabled")]
    [SuppressGCTransition]
    public static partial void SetGradEnabled(int enabled);

    [LibraryImport(Library, EntryPoint = "torch_boxed_inference_mode_enabled")]
    [SuppressGCTransition]
    public static partial int InferenceModeEnabled();

    [LibraryImport(Library, EntryPoint = "torch_boxed_inference_mode_enter")]
    public static partial nint InferenceModeEnter(int enabled);

    [LibraryImport(Library, EntryPoint = "torch_boxed_inference_mode_leave")]
    public static partial void InferenceModeLeave(nint guard);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_new")]
    public static partial nint GeneratorNew(ulong seed);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_default")]
    public static partial nint GeneratorDefault(int deviceType, int deviceIndex);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_free")]
    public static partial void GeneratorFree(nint generator);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_set_seed")]
    public static partial int GeneratorSetSeed(nint generator, ulong seed);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_seed")]
    public static partial ulong GeneratorSeed(nint generator);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_state")]
    public static partial nint GeneratorState(nint generator);

    [LibraryImport(Library, EntryPoint = "torch_boxed_generator_set_state")]
    public static partial int GeneratorSetState(nint generator, nint state);

    [LibraryImport(Library, EntryPoint = "torch_boxed_manual_seed")]
    public static partial int ManualSeed(ulong seed);

    [LibraryImport(Library, EntryPoint = "torch_boxed_cuda_device_count")]
    public static partial int CudaDeviceCount();

    [LibraryImport(Library, EntryPoint = "torch_boxed_cudnn_available")]
    public static partial int CudnnAvailable();

    [LibraryImport(Library, EntryPoint = "torch_boxed_cuda_manual_seed")]
    public static partial int CudaManualSeed(ulong seed, int all);

    [LibraryImport(Library, EntryPoint = "torch_boxed_cuda_synchronize")]
    public static partial int CudaSynchronize(int deviceIndex);

    [LibraryImport(Library, EntryPoint = "torch_boxed_get_num_threads")]
    public static partial int GetNumThreads();

    [LibraryImport(Library, EntryPoint = "torch_boxed_set_num_threads")]
    public static partial int SetNumThreads(int threads);

    [LibraryImport(Library, EntryPoint = "torch_boxed_get_num_interop_threads")]
    public static partial int GetNumInteropThreads();

    [LibraryImport(Library, EntryPoint = "torch_boxed_set_num_interop_threads")]
    public static partial int SetNumInteropThreads(int threads);
}
