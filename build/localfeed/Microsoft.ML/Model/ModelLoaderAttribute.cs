using Microsoft.ML.Runtime;

namespace Microsoft.ML.Model;

/// <summary>A transformer that can be read back from a model file.</summary>
internal interface ILoadableModel
{
    static abstract ITransformer Load(IHostEnvironment env, ModelLoadContext context);
}

/// <summary>Tells which loader name in a model file stands for which transformer.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal abstract class ModelLoaderAttribute(string name) : Attribute
{
    /// <summary>The name that <see cref="ModelSaveContext.SetLoader"/> wrote.</summary>
    public string Name => name;

    public abstract ITransformer Load(IHostEnvironment env, ModelLoadContext context);
}

/// <inheritdoc/>
internal sealed class ModelLoaderAttribute<TTransformer>(string name) : ModelLoaderAttribute(name)
    where TTransformer : ILoadableModel
{
    public override ITransformer Load(IHostEnvironment env, ModelLoadContext context) => TTransformer.Load(env, context);
}
