namespace Microsoft.ML.AutoML;

internal static class RealPackage
{
    /// <summary>The error of what is not here.</summary>
    public static NotSupportedException Needed(string what) => new(
        $"{what} needs the real package Microsoft.ML.AutoML, which the NuGet feeds of this build lack; its stand-in has " +
        "SetRandomSearchTuner and SetGridSearchTuner.");
}
