using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>An operator's argument or result as it crosses the C boundary. Mirrors Argument in torch_boxed.cpp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeArgument
{
    public long Bits;
    public int Length;
    public ArgumentKind Kind;
}
