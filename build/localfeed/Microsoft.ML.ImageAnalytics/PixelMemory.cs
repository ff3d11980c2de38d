using System.Runtime.InteropServices;

namespace Microsoft.ML.Data;

/// <summary>The native block that holds an image's pixels, 4 bytes each; freed at the latest by the finalizer.</summary>
internal sealed class PixelMemory : SafeHandle
{
    private readonly int _length;

    public PixelMemory(IntPtr pixels, int length)
        : base(IntPtr.Zero, ownsHandle: true)
    {
        _length = length;
        SetHandle(pixels);
    }

    public override bool IsInvalid => handle == IntPtr.Zero;

    public unsafe Span<byte> Span => new((void*)handle, _length);

    protected override bool ReleaseHandle()
    {
        ImageCodec.Free(handle);
        return true;
    }
}
