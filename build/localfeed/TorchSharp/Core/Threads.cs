using System.Runtime.InteropServices;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The version of libtorch that the native library was built against.</summary>
    public static string __version__ => Marshal.PtrToStringUTF8(Boxed.LibtorchVersion())!;

    /// <summary>Threads inside one operator.</summary>
    public static int get_num_threads() => Boxed.Check(Boxed.GetNumThreads());

    public static void set_num_threads(int num) => Boxed.Check(Boxed.SetNumThreads(num));

    /// <summary>Threads that run operators side by side.</summary>
    public static int get_num_interop_threads() => Boxed.Check(Boxed.GetNumInteropThreads());

    /// <summary>May be set once, before any such work.</summary>
    public static void set_num_interop_threads(int num) => Boxed.Check(Boxed.SetNumInteropThreads(num));
}
