using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Hosting;

/// <summary>
/// The caller's MLContext, as its catalogs know it. ML.NET shows it to its own components alone, so that it is reached by accessors; where
/// a version of Microsoft.ML lacks what they name, that is an error, because a second context would log, seed and store elsewhere.
/// </summary>
internal static class CallerEnvironment
{
    private const string InternalCatalog = "Microsoft.ML.Data.IInternalCatalog, Microsoft.ML.Data";
    private const string InternalEnvironment = "Microsoft.ML.Runtime.IHostEnvironmentInternal, Microsoft.ML.Core";

    public static IHostEnvironment Of(object catalog) => Reach(() => EnvironmentOf(catalog));

    public static TransformsCatalog Transforms(IHostEnvironment environment) => Reach(() => NewTransforms(environment));

    public static DataOperationsCatalog Data(IHostEnvironment environment) => Reach(() => NewData(environment));

    public static string TempFolder(IHostEnvironment environment) => Reach(() => TempFilePathOf(environment));

    public static GpuPreference Gpu(IHostEnvironment environment) =>
        Reach(() => new GpuPreference(GpuDeviceIdOf(environment), FallbackToCpuOf(environment)));

    /// <exception cref="NotSupportedException">
    /// This version of Microsoft.ML lacks a member; the message says which versions have it.
    /// </exception>
    internal static T Reach<T>(Func<T> access)
    {
        try
        {
            return access();
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException)
        {
            throw new NotSupportedException(
                $"Microsoft.ML.Conformer does not work with Microsoft.ML {VersionOf(typeof(MLContext).Assembly)}, which lacks an " +
                $"internal member that it needs ({e.Message}). Reference Microsoft.ML 5.0.0 or 5.0.1, or a newer Microsoft.ML.Conformer.",
                e);
        }
    }

    private static string? VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment EnvironmentOf([UnsafeAccessorType(InternalCatalog)] object catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern TransformsCatalog NewTransforms(IHostEnvironment environment);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern DataOperationsCatalog NewData(IHostEnvironment environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_TempFilePath")]
    private static extern string TempFilePathOf([UnsafeAccessorType(InternalEnvironment)] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_GpuDeviceId")]
    private static extern int? GpuDeviceIdOf([UnsafeAccessorType(InternalEnvironment)] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FallbackToCpu")]
    private static extern bool FallbackToCpuOf([UnsafeAccessorType(InternalEnvironment)] object environment);
}
