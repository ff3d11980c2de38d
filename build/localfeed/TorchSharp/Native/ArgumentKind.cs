namespace TorchSharp.Native;

/// <summary>How the bits of a <see cref="NativeArgument"/> are to be read. Mirrors Kind in torch_boxed.cpp.</summary>
internal enum ArgumentKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    IntList = 5,
    TensorList = 6,
    String = 7,
    Device = 8,
    Generator = 9,
    DoubleList = 10,
    OptionalTensorList = 11,
}
